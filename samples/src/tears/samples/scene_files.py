"""Write a scene to disk: the recording, and its truth beside it."""

import json
import os
from pathlib import Path

import soundfile

from tears.samples.errors import SamplesError
from tears.samples.scene import Scene


def write_scene(scene: Scene, folder: Path, name: str, *, suffix: str = ".flac") -> Path:
    """Write `<name><suffix>` and `<name>.truth.json` into a folder, which is made if it does not exist.

    The suffix is .flac or .wav, both of 16 bits. A program that is playing a recording of that name is not disturbed:
    the new file replaces the old one in one step. Return the recording's path.

    Raises:
        SamplesError: The suffix is neither of the two, or a file cannot be written.
    """
    if suffix not in {".flac", ".wav"}:
        raise SamplesError(f"A recording is written as .flac or .wav, not as {suffix!r}")
    path = folder / f"{name}{suffix}"
    unfinished = folder / f".{name}.{os.getpid()}{suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            soundfile.write(unfinished, scene.samples, scene.sample_rate_hz, subtype="PCM_16")
            (folder / f"{name}.truth.json").write_text(json.dumps(scene.truth, indent=1) + "\n")
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise SamplesError(f"Cannot write {path}: {error}") from error
    return path
