"""Compute where the windows of a session lie, in whole samples.

Window k of a session starts at sample k * hop * rate, rounded half up, and covers 5 s from there. The hop is the
decimal number that the user wrote (0.1 is a tenth, not the nearest binary fraction), and all arithmetic is exact: the
last window of a week lies where it should.

All functions raise AudioFormatError if the rate lies outside 4 000 to 384 000 Hz, and HopError if the hop is not finite
or is shorter than one sample.
"""

import math
from fractions import Fraction
from functools import lru_cache

from tears.audio.constants import WINDOW_SECONDS
from tears.audio.errors import HopError
from tears.audio.format import require_rate


def native_window_samples(rate_hz: int) -> int:
    """Return how many samples a window has at a microphone's rate: 240 000 at 48 kHz."""
    require_rate(rate_hz)
    return WINDOW_SECONDS * rate_hz


def window_start(index: int, rate_hz: int, hop_seconds: float) -> int:
    """Return the first sample of window `index`, counted from 0 in its session."""
    # floor(index * step + 1/2), in whole numbers, which are ten times as fast as fractions.
    step = _step_samples(rate_hz, hop_seconds)
    return (2 * index * step.numerator + step.denominator) // (2 * step.denominator)


def window_end(index: int, rate_hz: int, hop_seconds: float) -> int:
    """Return the sample after the last one of window `index`: the window is complete when that many have arrived."""
    return window_start(index, rate_hz, hop_seconds) + native_window_samples(rate_hz)


def windows_ending_in(after_sample: int, until_sample: int, rate_hz: int, hop_seconds: float) -> range:
    """Return the windows that a stretch of a session completes.

    These are all k with after_sample < window_end(k) <= until_sample. However a session is divided into stretches, each
    window belongs to exactly one of them.

    Args:
        after_sample: How many samples of the session arrived before the stretch.
        until_sample: How many have arrived at its end.
        rate_hz: The rate of the session.
        hop_seconds: From the start of a window to the start of the next.
    """
    return range(window_count(after_sample, rate_hz, hop_seconds), window_count(until_sample, rate_hz, hop_seconds))


def window_count(total_samples: int, rate_hz: int, hop_seconds: float) -> int:
    """Return how many whole windows the first `total_samples` of a session hold."""
    last_start = total_samples - native_window_samples(rate_hz)
    if last_start < 0:
        return 0
    # floor(k * step + 1/2) <= last_start if and only if k * step < last_start + 1/2. So it is the ceiling of
    # (last_start + 1/2) / step.
    step = _step_samples(rate_hz, hop_seconds)
    return -(-(2 * last_start + 1) * step.denominator // (2 * step.numerator))


@lru_cache(maxsize=64)
def _step_samples(rate_hz: int, hop_seconds: float) -> Fraction:
    require_rate(rate_hz)
    if not math.isfinite(hop_seconds):
        raise HopError(f"A hop is a finite number of seconds, not {hop_seconds}")
    step = Fraction(repr(float(hop_seconds))) * rate_hz
    if step < 1:
        raise HopError(f"A hop of {hop_seconds} s is shorter than one sample at {rate_hz} Hz")
    return step
