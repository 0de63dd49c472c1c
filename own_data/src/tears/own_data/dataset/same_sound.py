"""Find clips that hold the same sound, at any level and shifted by any time. Pure.

The first step compares landmarks, as music recognition does (A. Wang, "An industrial-strength audio search algorithm",
2003): pairs of peaks in the spectrogram. The two frequencies of a pair and its distance in time do not change with gain
or shift, so two clips that share many pairs at one distance probably hold the same sound. The second step proves it:
both are shifted to where they correlate best, and must agree in phase over all frequencies, not only in those of a hum.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Int16Array

LANDMARK_FRAME_SAMPLES: Final = 1024  # 46 ms
LANDMARK_HOP_SAMPLES: Final = 128  # an eighth of a frame: a shift by half a hop does not move the peaks
LOWEST_BIN, HIGHEST_BIN = 5, 232  # 108 Hz to 5 kHz: below is rumble, and a narrow bandwidth cuts off what is above
MOST_PEAKS: Final = 150
PARTNERS: Final = 6  # of a peak
LEAST_FRAMES, MOST_FRAMES = 8, 120  # between the peaks of a pair: 46 to 700 ms
MOST_BINS: Final = 80
# A pair of peaks that occurs more often than this comes from a hum, and is no evidence.
MOST_OCCURRENCES: Final = 24
LEAST_VOTES: Final = 5
LEAST_OVERLAP_SECONDS: Final = 0.5
# Clips with nothing in common agree by less than 0.1, and the same sound by more than 0.7, or by more than 0.3 if 45 dB
# of gain have clipped one of them hard.
LEAST_AGREEMENT: Final = 0.25

_COMPARED_BELOW_HZ: Final = 4_000.0
_TIME_STEPS: Final = 1 << 12


@dataclass(frozen=True, slots=True)
class SameSound:
    """Two clips, by their places, with sound in common.

    Attributes:
        shift_seconds: How far the second is behind the first.
        gain_db: How much louder the second is.
        overlap_seconds: The length of what they have in common.
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
    """The pairs of peaks of one clip: uint32 codes of shape [n], and uint16 frames of their first peaks."""

    codes: npt.NDArray[np.uint32]
    frames: npt.NDArray[np.uint16]


def landmarks(samples: Int16Array) -> Landmarks:
    """Return the landmarks of a clip at 22 050 Hz; none if it is shorter than a frame, or silent."""
    if samples.size < LANDMARK_FRAME_SAMPLES or not samples.any():
        return Landmarks(np.zeros(0, np.uint32), np.zeros(0, np.uint16))
    levels = _spectrogram(samples)
    frames, bins = _peaks(levels)
    codes, firsts = [], []
    for k in range(1, 4 * PARTNERS):
        apart = frames[k:] - frames[:-k]
        above = bins[k:] - bins[:-k]
        near = (apart >= LEAST_FRAMES) & (apart <= MOST_FRAMES) & (np.abs(above) <= MOST_BINS)
        # Halved, because a shift by less than a hop may move a peak by a frame.
        code = (bins[:-k].astype(np.uint32) << 16) | (bins[k:].astype(np.uint32) << 8) | (apart // 2).astype(np.uint32)
        codes.append(code[near])
        firsts.append(frames[:-k][near])
    return Landmarks(np.concatenate(codes).astype(np.uint32), np.concatenate(firsts).astype(np.uint16))


def candidates(clips: Sequence[Landmarks]) -> list[tuple[int, int]]:
    """Return the pairs of places that share landmarks at one distance in time."""
    codes = np.concatenate([one.codes for one in clips]) if clips else np.zeros(0, np.uint32)
    owners = np.repeat(np.arange(len(clips)), [one.codes.size for one in clips])
    frames = np.concatenate([one.frames for one in clips]).astype(np.int64) if clips else np.zeros(0, np.int64)
    order = np.argsort(codes, kind="stable")
    codes, owners, frames = codes[order], owners[order], frames[order]
    _, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    occurrences = counts[inverse]
    votes: list[npt.NDArray[np.int64]] = []
    for k in range(1, MOST_OCCURRENCES):
        if codes.size <= k:
            break
        same = (codes[k:] == codes[:-k]) & (owners[k:] != owners[:-k]) & (occurrences[k:] <= MOST_OCCURRENCES)
        first, second = owners[:-k][same], owners[k:][same]
        apart = frames[k:][same] - frames[:-k][same]
        swap = first > second
        first, second = np.where(swap, second, first), np.where(swap, first, second)
        apart = np.where(swap, -apart, apart) // 3 + _TIME_STEPS // 2
        votes.append((first * len(clips) + second) * _TIME_STEPS + apart)
    if not votes:
        return []
    kinds, numbers = np.unique(np.concatenate(votes), return_counts=True)
    pairs = np.unique(kinds[numbers >= LEAST_VOTES] // _TIME_STEPS)
    return [(int(pair) // len(clips), int(pair) % len(clips)) for pair in pairs]


def compare(first: Int16Array, second: Int16Array) -> tuple[float, float, float, float]:
    """Shift two clips to where they fit best, and compare them there.

    Returns:
        Shift of the second in seconds, its gain in dB, the overlap in seconds, and the agreement, 0 to 1.
    """
    size = 1 << int(np.ceil(np.log2(first.size + second.size)))
    a, b = (_whitened(np.fft.rfft(one, size), size) for one in (first, second))
    correlation = np.fft.irfft(np.conj(a) * b, size)
    lag = int(np.argmax(np.abs(correlation)))
    lag = lag - size if lag > size // 2 else lag
    overlap = min(first.size, second.size - lag) - max(0, -lag)
    if overlap < LEAST_OVERLAP_SECONDS * MODEL_RATE_HZ:
        return lag / MODEL_RATE_HZ, 0.0, max(0, overlap) / MODEL_RATE_HZ, 0.0
    begin = max(0, -lag)
    common_a = first[begin : begin + overlap].astype(np.float64)
    common_b = second[begin + lag : begin + lag + overlap].astype(np.float64)
    a, b = (_whitened(np.fft.rfft(one), overlap) for one in (common_a, common_b))
    power = np.sqrt(float(np.sum(np.abs(a) ** 2)) * float(np.sum(np.abs(b) ** 2)))
    agreement = abs(float(np.real(np.vdot(a, b)))) / power if power else 0.0
    gain_db = 10 * np.log10((np.mean(common_b**2) + 1e-9) / (np.mean(common_a**2) + 1e-9))
    return lag / MODEL_RATE_HZ, float(gain_db), overlap / MODEL_RATE_HZ, agreement


def same_sounds(pairs: Iterable[tuple[int, int]], clips: int, clip_at: Callable[[int], Int16Array]) -> list[SameSound]:
    """Return the pairs of places that hold the same sound; pairs that others have linked already are not compared.

    Args:
        pairs: As `candidates` returns them.
        clips: The number of clips.
        clip_at: Returns the clip at a place, int16 at 22 050 Hz.
    """
    group_of = np.arange(clips)
    found = []
    for first, second in pairs:
        if group_of[first] == group_of[second]:
            continue
        shift, gain_db, overlap, agreement = compare(clip_at(first), clip_at(second))
        if agreement >= LEAST_AGREEMENT:
            found.append(SameSound(first, second, shift, gain_db, overlap, agreement))
            group_of[group_of == group_of[second]] = group_of[first]
    return found


def grouped(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the groups of places that are linked by pairs, each sorted, the group of the lowest place first."""
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
    """Return log magnitudes, float32 of shape [frames, bins]."""
    starts = np.arange(0, samples.size - LANDMARK_FRAME_SAMPLES + 1, LANDMARK_HOP_SAMPLES)
    window = np.hanning(LANDMARK_FRAME_SAMPLES).astype(np.float32)
    frames = samples.astype(np.float32)[starts[:, None] + np.arange(LANDMARK_FRAME_SAMPLES)] * window
    magnitudes = np.abs(np.fft.rfft(frames)[:, LOWEST_BIN:HIGHEST_BIN]).astype(np.float32)
    return np.asarray(np.log(magnitudes + np.float32(1e-3)), np.float32)


def _peaks(levels: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the frames and bins of the points that stand out most from their surroundings, in the order of time."""
    highest = _highest_around(_highest_around(levels, 20).T, 6).T
    # The level that a band has all the time comes from the room or a hum, not from an event.
    standing = levels - np.median(levels, axis=0)
    found = np.flatnonzero((levels >= highest) & (standing > 0))
    if found.size > MOST_PEAKS:
        found = found[np.argsort(-standing.ravel()[found], kind="stable")[:MOST_PEAKS]]
    frames, bins = np.unravel_index(np.sort(found), levels.shape)
    return frames.astype(np.int64), bins.astype(np.int64)


def _highest_around(levels: npt.NDArray[np.float32], reach: int) -> npt.NDArray[np.float32]:
    """Return the maximum of each column within `reach` rows above and below."""
    highest = np.pad(levels, ((reach, reach), (0, 0)), constant_values=-np.inf)
    span, size = 1, 2 * reach + 1
    # The span doubles: the maximum over 2 n rows is the larger one of two maxima over n.
    while span < size:
        step = min(span, size - span)
        highest = np.maximum(highest[:-step], highest[step:])
        span += step
    return highest


def _whitened(spectrum: npt.NDArray[np.complex128], size: int) -> npt.NDArray[np.complex128]:
    """Return the spectrum up to 4 kHz with the fourth roots of its magnitudes, so that a hum does not dominate."""
    kept = spectrum.copy()
    kept[int(_COMPARED_BELOW_HZ * size / MODEL_RATE_HZ) :] = 0
    kept[0] = 0
    magnitudes = np.abs(kept) ** 0.75
    return np.asarray(np.divide(kept, magnitudes, out=np.zeros_like(kept), where=magnitudes > 0), np.complex128)
