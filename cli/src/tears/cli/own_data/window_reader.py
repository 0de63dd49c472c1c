"""Read windows out of recordings, from the beginning of each to its end."""

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from tears.audio.constants import FULL_SCALE
from tears.audio.format import SampleArray, int16_from_float, to_mono
from tears.audio.window_positions import native_window_samples
from tears.cli.errors import InputError
from tears.own_data.clips.labelled_slices import OwnRecording
from tears.sound_files.decoder import Decoder
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import fill, open_decoder


class WindowReader:
    """Reads windows during a `with` block.

    It keeps the last recording open. A file whose header does not say where a sample lies is decoded only once, if its
    windows are asked for in the order of time.
    """

    def __init__(self) -> None:
        self._path: Path | None = None
        self._decoder: Decoder | None = None
        self._position = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def read(self, file: OwnRecording, first_sample: int) -> SampleArray:
        """Return 5 s of a recording, all channels mixed.

        Returns:
            (5 * rate,): int16, or float64 of the same scale if the file holds more than 16 bits.

        Raises:
            InputError: The file ends before, or it cannot be read.
            AudioFormatError: Its rate lies outside 4 000 to 384 000 Hz.
        """
        size = native_window_samples(file.rate_hz)
        try:
            frames = self._frames(file.path, first_sample, size)
        except UnreadableSoundError as error:
            at_seconds = first_sample / file.rate_hz
            raise InputError(f"{file.path} cannot be read at {at_seconds:.1f} s: it {error.reason}") from error
        if len(frames) != size:
            raise InputError(
                f"{file.path} is truncated: it says that it has {file.seconds:.1f} s, and ends after "
                f"{self._position / file.rate_hz:.1f} s; copy it again, or leave it out"
            )
        whole = int16_from_float(frames)
        if np.array_equal(whole, frames * FULL_SCALE):
            return to_mono(whole)
        # A gain of 45 dB makes sound audible that lies below the sixteenth bit.
        fine: SampleArray = to_mono(np.clip(np.nan_to_num(frames), -1, 1) * FULL_SCALE)
        return fine

    def _frames(self, path: Path, first_sample: int, size: int) -> npt.NDArray[np.float64]:
        """Return at most `size` samples from a place on: float64 in [-1, 1), (n, channels)."""
        if self._decoder is None or self._path != path or first_sample < self._position:
            self._close()
            self._path, self._decoder, self._position = path, open_decoder(path), 0
        self._position += self._decoder.skip(first_sample - self._position)
        frames = np.empty((size, self._decoder.channels), np.float64)
        count = fill(self._decoder, frames) if self._position == first_sample else 0
        self._position += count
        return frames[:count]

    def _close(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
        self._decoder = None
