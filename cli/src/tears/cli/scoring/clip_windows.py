"""Make the windows of a clip as the pipeline makes them: with the same gain and the same resampling."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tears.audio.errors import AudioError
from tears.audio.format import int16_from_float, to_mono
from tears.audio.window import Window, make_window
from tears.audio.window_positions import native_window_samples
from tears.cli.errors import InputError
from tears.own_data.clips.wav_files import fault_of_name


def clip_windows(path: Path, gain_db: float | None) -> Iterator[tuple[float, Window]]:
    """Yield the start in seconds and the window of each 5 s of a clip; the last window is filled up with silence.

    The clip is WAV, FLAC or OGG, of any rate and number of channels. None is automatic gain.

    Raises:
        InputError: The file is missing, or cannot be read.
    """
    if fault := fault_of_name(path):
        raise InputError(fault)
    try:
        frames, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{path} cannot be read as a clip (WAV, FLAC or OGG): {error}") from error
    if len(frames) == 0:
        raise InputError(f"{path} is empty; give a clip with sound in it")
    sound = int16_from_float(frames)
    try:
        size = native_window_samples(rate_hz)
        for begin in range(0, len(sound), size):
            piece = sound[begin : begin + size]
            whole = np.pad(piece, ((0, size - len(piece)), (0, 0)))
            yield begin / rate_hz, make_window(to_mono(whole), rate_hz, gain_db)
    except AudioError as error:
        raise InputError(f"{path}: {error}") from error
