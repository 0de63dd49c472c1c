"""Which clips hold the same sound, at whatever level and however far moved. Pure.

Two steps. First landmarks, as music is recognised (A. Wang, "An industrial-strength audio search algorithm", 2003):
peaks of the spectrogram, in pairs; a pair's two frequencies and its distance in time do not change with gain or shift,
and two clips that share many pairs at one distance are likely the same. Then a proof: both are laid over each other
where they correlate best, and must agree in phase over all frequencies and not only in those of a hum.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Int16Array

FRAME_SAMPLES: Final = 1024  # 46 ms
HOP_SAMPLES: Final = 128  # an eighth: a shift by half a hop leaves the peaks where they are
LOWEST_BIN, HIGHEST_BIN = 5, 232  # 108 Hz to 5 kHz: below is rumble, above is what bandwidths cut off
PEAKS: Final = 150
FAN: Final = 6  # partners of a peak
LEAST_FRAMES, MOST_FRAMES = 8, 120  # from one to the next: 46 to 700 ms
MOST_BINS: Final = 80
# What so many peaks have in common is a hum, and tells nothing.
CROWD: Final = 24
LEAST_VOTES: Final = 5
LEAST_OVERLAP_SECONDS: Final = 0.5
# Of clips with nothing in common the agreement is below 0.1; of the same sound above 0.7, or 0.3 if one of them was
# crushed by 45 dB of gain.
SAME: Final = 0.25

_HIGHEST_HZ: Final = 4_000.0
_HIGHEST_TIME: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class SameSound:
    """Two clips with sound in common.

    Attributes:
        first: Place of the one.
        second: Place of the other.
        shift_seconds: The second lags behind the first by so much.
        gain_db: How much louder the second is.
        overlap_seconds: How much they have in common.
        agreement: 0 to 1.
    """

    first: int
    second: int
    shift_seconds: float
    gain_db: float
    overlap_seconds: float
    agreement: float


@dataclass(frozen=True, eq=False, slots=True)
class Landmarks:
    """Pairs of peaks of one clip: uint32 codes of shape [n], and uint16 frames of their first peaks."""

    codes: npt.NDArray[np.uint32]
    frames: npt.NDArray[np.uint16]


def landmarks(samples: Int16Array) -> Landmarks:
    """The landmarks of a clip at 22 050 Hz; none of one that is shorter than a frame or silent."""
    if samples.size < FRAME_SAMPLES or not samples.any():
        return Landmarks(np.zeros(0, np.uint32), np.zeros(0, np.uint16))
    levels = _spectrogram(samples)
    frames, bins = _peaks(levels)
    codes, firsts = [], []
    for k in range(1, 4 * FAN):
        apart = frames[k:] - frames[:-k]
        above = bins[k:] - bins[:-k]
        near = (apart >= LEAST_FRAMES) & (apart <= MOST_FRAMES) & (np.abs(above) <= MOST_BINS)
        # Halved: a shift by less than a hop moves a peak by a frame.
        code = (bins[:-k].astype(np.uint32) << 16) | (bins[k:].astype(np.uint32) << 8) | (apart // 2).astype(np.uint32)
        codes.append(code[near])
        firsts.append(frames[:-k][near])
    return Landmarks(np.concatenate(codes).astype(np.uint32), np.concatenate(firsts).astype(np.uint16))


def candidates(clips: Sequence[Landmarks]) -> list[tuple[int, int]]:
    """Pairs of places that share landmarks at one distance in time."""
    codes = np.concatenate([one.codes for one in clips]) if clips else np.zeros(0, np.uint32)
    owners = np.repeat(np.arange(len(clips)), [one.codes.size for one in clips])
    frames = np.concatenate([one.frames for one in clips]).astype(np.int64) if clips else np.zeros(0, np.int64)
    order = np.argsort(codes, kind="stable")
    codes, owners, frames = codes[order], owners[order], frames[order]
    crowd = _crowd(codes)
    votes: list[npt.NDArray[np.int64]] = []
    for k in range(1, CROWD):
        if codes.size <= k:
            break
        same = (codes[k:] == codes[:-k]) & (owners[k:] != owners[:-k]) & (crowd[k:] <= CROWD)
        first, second = owners[:-k][same], owners[k:][same]
        apart = frames[k:][same] - frames[:-k][same]
        swap = first > second
        first, second = np.where(swap, second, first), np.where(swap, first, second)
        apart = np.where(swap, -apart, apart) // 3 + _HIGHEST_TIME // 2
        votes.append((first * len(clips) + second) * _HIGHEST_TIME + apart)
    if not votes:
        return []
    kinds, counts = np.unique(np.concatenate(votes), return_counts=True)
    pairs = np.unique(kinds[counts >= LEAST_VOTES] // _HIGHEST_TIME)
    return [(int(pair) // len(clips), int(pair) % len(clips)) for pair in pairs]


def compare(first: Int16Array, second: Int16Array) -> tuple[float, float, float, float]:
    """Lays two clips over each other where they fit best.

    Returns:
        Shift of the second in seconds, its gain in dB, the overlap in seconds, and the agreement, 0 to 1.
    """
    size = 1 << int(np.ceil(np.log2(first.size + second.size)))
    a, b = (_levelled(np.fft.rfft(one, size), size) for one in (first, second))
    correlation = np.fft.irfft(np.conj(a) * b, size)
    lag = int(np.argmax(np.abs(correlation)))
    lag = lag - size if lag > size // 2 else lag
    overlap = min(first.size, second.size - lag) - max(0, -lag)
    if overlap < LEAST_OVERLAP_SECONDS * MODEL_RATE_HZ:
        return lag / MODEL_RATE_HZ, 0.0, max(0, overlap) / MODEL_RATE_HZ, 0.0
    begin = max(0, -lag)
    common_a = first[begin : begin + overlap].astype(np.float64)
    common_b = second[begin + lag : begin + lag + overlap].astype(np.float64)
    a, b = (_levelled(np.fft.rfft(one), overlap) for one in (common_a, common_b))
    power = np.sqrt(float(np.sum(np.abs(a) ** 2)) * float(np.sum(np.abs(b) ** 2)))
    agreement = abs(float(np.real(np.vdot(a, b)))) / power if power else 0.0
    gain_db = 10 * np.log10((np.mean(common_b**2) + 1e-9) / (np.mean(common_a**2) + 1e-9))
    return lag / MODEL_RATE_HZ, float(gain_db), overlap / MODEL_RATE_HZ, agreement


def same_sounds(pairs: Iterable[tuple[int, int]], clips: int, clip_at: Callable[[int], Int16Array]) -> list[SameSound]:
    """The pairs of which the proof holds; of clips that others have linked already none is asked for.

    Args:
        pairs: Of places, as `candidates` gives them.
        clips: How many there are.
        clip_at: The clip at a place, int16 at 22 050 Hz.
    """
    group_of = np.arange(clips)
    found = []
    for first, second in pairs:
        if group_of[first] == group_of[second]:
            continue
        shift, gain_db, overlap, agreement = compare(clip_at(first), clip_at(second))
        if agreement >= SAME:
            found.append(SameSound(first, second, shift, gain_db, overlap, agreement))
            group_of[group_of == group_of[second]] = group_of[first]
    return found


def grouped(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Places that are linked by pairs, the lowest first."""
    group_of: dict[int, list[int]] = {}
    for first, second in pairs:
        one, other = group_of.setdefault(first, [first]), group_of.setdefault(second, [second])
        if one is not other:
            one += other
            for place in other:
                group_of[place] = one
    unique = {id(group): sorted(group) for group in group_of.values()}
    return sorted(unique.values())


def _spectrogram(samples: Int16Array) -> npt.NDArray[np.float32]:
    """Log magnitudes, float32 of shape [frames, bins]."""
    starts = np.arange(0, samples.size - FRAME_SAMPLES + 1, HOP_SAMPLES)
    window = np.hanning(FRAME_SAMPLES).astype(np.float32)
    frames = samples.astype(np.float32)[starts[:, None] + np.arange(FRAME_SAMPLES)] * window
    magnitudes = np.abs(np.fft.rfft(frames)[:, LOWEST_BIN:HIGHEST_BIN]).astype(np.float32)
    return np.asarray(np.log(magnitudes + np.float32(1e-3)), np.float32)


def _peaks(levels: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Frames and bins of the points that stand out most from their surroundings, in the order of time."""
    highest = _highest_around(_highest_around(levels, 20, 0), 6, 1)
    # The level of a band over the clip is the colour of the room or of a hum, not an event.
    standing = levels - np.median(levels, axis=0)
    found = np.flatnonzero((levels >= highest) & (standing > 0))
    if found.size > PEAKS:
        found = found[np.argsort(-standing.ravel()[found], kind="stable")[:PEAKS]]
    frames, bins = np.unravel_index(np.sort(found), levels.shape)
    return frames.astype(np.int64), bins.astype(np.int64)


def _highest_around(levels: npt.NDArray[np.float32], reach: int, axis: int) -> npt.NDArray[np.float32]:
    """The maximum within `reach` to either side."""
    width = [(reach, reach) if one == axis else (0, 0) for one in range(2)]
    padded = np.pad(levels, width, constant_values=-np.inf)
    span, size = 1, 2 * reach + 1
    # Doubling: the maximum over 2 n is that of two over n.
    while 2 * span <= size:
        padded = _pairwise_max(padded, span, axis)
        span *= 2
    return _pairwise_max(padded, size - span, axis) if size > span else padded


def _pairwise_max(levels: npt.NDArray[np.float32], step: int, axis: int) -> npt.NDArray[np.float32]:
    if axis == 0:
        return np.maximum(levels[:-step], levels[step:])
    return np.maximum(levels[:, :-step], levels[:, step:])


def _crowd(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """How many there are of each code; sorted codes."""
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse], np.int64)


def _levelled(spectrum: npt.NDArray[np.complex128], size: int) -> npt.NDArray[np.complex128]:
    """The spectrum up to 4 kHz with the fourth roots of its magnitudes, so that a hum does not outweigh all else."""
    kept = spectrum.copy()
    kept[int(_HIGHEST_HZ * size / MODEL_RATE_HZ) :] = 0
    kept[0] = 0
    magnitudes = np.abs(kept) ** 0.75
    return np.asarray(np.divide(kept, magnitudes, out=np.zeros_like(kept), where=magnitudes > 0), np.complex128)
