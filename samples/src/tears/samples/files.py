"""A scene on disk: the recording, and its truth beside it."""

import json
from pathlib import Path

import soundfile

from tears.samples.errors import SamplesError
from tears.samples.scene import Scene


def write_scene(scene: Scene, folder: Path, name: str, *, suffix: str = ".flac") -> Path:
    """Writes `<name><suffix>` and `<name>.truth.json` into a folder, which is made if it is not there.

    Args:
        scene: What to write.
        folder: Where to.
        name: The files' stem.
        suffix: .flac or .wav, both of 16 bits.

    Returns:
        The recording's path.

    Raises:
        SamplesError: The suffix is another, or a file cannot be written.
    """
    if suffix not in {".flac", ".wav"}:
        raise SamplesError(f"A recording is written as .flac or .wav, not as {suffix!r}")
    path = folder / f"{name}{suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, scene.samples, scene.sample_rate_hz, subtype="PCM_16")
        (folder / f"{name}.truth.json").write_text(json.dumps(scene.truth, indent=1) + "\n")
    except (OSError, soundfile.SoundFileError) as error:
        raise SamplesError(f"Cannot write {path}: {error}") from error
    return path
