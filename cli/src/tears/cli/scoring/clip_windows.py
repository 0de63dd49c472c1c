"""Make the windows of a clip as the pipeline makes them: with the same gain and the same resampling."""

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np

from tears.audio.errors import AudioError
from tears.audio.format import int16_from_float, to_mono
from tears.audio.window import Window, make_window
from tears.audio.window_positions import native_window_samples
from tears.cli.errors import InputError
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import open_decoder, read_pieces


def clip_windows(
    path: Path, gain_db: float | None, on_fault: Callable[[str], None] = lambda _: None
) -> Generator[tuple[float, Window], None, None]:
    """Yield the start in seconds and the window of each 5 s of a clip; the last window is filled up with silence.

    The clip is a file of any rate and number of channels. It is read window by window, to where its sound really ends.

    Args:
        path: The clip.
        gain_db: The gain; None is automatic.
        on_fault: Gets the reason, in words, if the clip ends earlier than it should.

    Raises:
        InputError: The file is missing, cannot be read, or holds no sound.
    """
    try:
        decoder = open_decoder(path)
    except UnreadableSoundError as error:
        raise InputError(f"{path} cannot be read as a clip: it {error.reason}") from error
    with contextlib.closing(decoder):
        rate_hz, begin = decoder.rate_hz, 0
        try:
            size = native_window_samples(rate_hz)
            for piece in read_pieces(decoder, size):
                whole = np.pad(int16_from_float(piece), ((0, size - len(piece)), (0, 0)))
                window = make_window(to_mono(whole), rate_hz, gain_db)
                if len(piece) < size and decoder.fault:
                    on_fault(decoder.fault)
                yield begin / rate_hz, window
                begin += len(piece)
        except AudioError as error:
            raise InputError(f"{path}: {error}") from error
        if not begin:
            fault = f"it {decoder.fault}" if decoder.fault else "give a clip with sound in it"
            raise InputError(f"{path} is empty: {fault}")
