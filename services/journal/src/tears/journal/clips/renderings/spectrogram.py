"""Draw the spectrogram of a clip: crying shows as a stack of curved lines, a door as one column."""

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile
from PIL import Image

from tears.audio.format import Int16Array, float_from_int16, to_mono

MOST_COLUMNS: Final = 800
ROWS: Final = 192
HIGHEST_SHOWN_HZ: Final = 8_000
# The quietest level that is drawn, below the loudest of the clip.
_SHOWN_RANGE_DB: Final = 60.0
# More shades would only draw the noise of the microphone more exactly, in a file twice as large.
_SHADES: Final = 24
# One column shows at least this much; a short clip has fewer columns.
_SHORTEST_COLUMN_SECONDS: Final = 0.02
# Long enough to separate the harmonics of a baby's voice, 300 to 600 Hz apart.
_FRAME_SECONDS: Final = 0.04
# From black over violet and orange to pale yellow: as bright as loud, also in grey and for the colour-blind.
_SHADE_COLOURS: Final = (
    (0, 0, 4),
    (40, 11, 84),
    (101, 21, 110),
    (159, 42, 99),
    (212, 72, 66),
    (245, 125, 21),
    (252, 255, 164),
)


def spectrogram_of(path: Path) -> bytes:
    """Return the picture of a FLAC file as PNG: up to 800 columns, 192 rows, time to the right, frequency upwards.

    Raises:
        OSError: the file cannot be read.
        soundfile.SoundFileError: it is damaged.
    """
    with soundfile.SoundFile(path) as flac:
        columns = min(MOST_COLUMNS, max(1, round(flac.frames / flac.samplerate / _SHORTEST_COLUMN_SECONDS)))
        powers = np.stack(list(_columns(flac, columns)), axis=1)
    levels = 10 * np.log10(np.maximum(powers, 1e-12))  # float32 (rows, columns) in dB
    shades = (levels - levels.max()) / _SHOWN_RANGE_DB + 1
    pixels = np.rint((_SHADES - 1) * np.clip(shades, 0, 1)).astype(np.uint8)[::-1]
    picture = Image.frombytes("P", (columns, ROWS), pixels.tobytes())
    picture.putpalette(_palette())
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    return content.getvalue()


def _columns(flac: soundfile.SoundFile, columns: int) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the power of each column, the earliest first: float32 (rows,), from the lowest frequency up."""
    frame = max(64, round(_FRAME_SECONDS * flac.samplerate))
    window = np.hanning(frame).astype(np.float32)
    bins = max(1, min(frame // 2, round(frame * HIGHEST_SHOWN_HZ / flac.samplerate)))
    # Rows above half the sample rate stay black.
    shown = min(ROWS, max(1, round(ROWS * flac.samplerate / 2 / HIGHEST_SHOWN_HZ)))
    # The power of each row is that of the nearest bin.
    row_bins = np.minimum(np.arange(shown) * bins // shown, bins - 1)
    edges = np.linspace(0, flac.frames, columns + 1).astype(int)
    for begin, end in itertools.pairwise(edges.tolist()):
        power = np.zeros(ROWS, np.float32)
        power[:shown] = _mean_power(_read(flac, begin, max(end - begin, frame)), window)[row_bins]
        yield power


def _read(flac: soundfile.SoundFile, begin: int, samples: int) -> Int16Array:
    """Return samples of all channels mixed, int16 (n,); n is smaller at the end of the file."""
    flac.seek(begin)
    return to_mono(flac.read(samples, dtype="int16", always_2d=True))


def _mean_power(mono: Int16Array, window: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the mean power spectrum of int16 samples (n,), in frames as long as `window`: float32 (bins,)."""
    frames = max(1, len(mono) // len(window))
    samples = np.zeros(frames * len(window), np.float32)
    whole = float_from_int16(mono[: len(samples)])
    samples[: len(whole)] = whole
    spectra = np.fft.rfft(samples.reshape(frames, -1) * window, axis=1)
    power: npt.NDArray[np.float32] = np.square(np.abs(spectra)).mean(axis=0).astype(np.float32)
    return power


def _palette() -> bytes:
    """Return the colours of the shades, three bytes each, from quiet to loud."""
    stops = np.linspace(0, _SHADES - 1, len(_SHADE_COLOURS))
    channels = [
        np.interp(np.arange(_SHADES), stops, [colour[channel] for colour in _SHADE_COLOURS]) for channel in range(3)
    ]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8).tobytes()
