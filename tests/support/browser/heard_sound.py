"""What a page really plays: the samples that its player has decoded, with the time at which each was played."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr
from playwright.sync_api import Page

Floats = npt.NDArray[np.float64]

_RECORDER = Path(__file__).with_name("record_players.js")
_RECORDER_THREAD = Path(__file__).with_name("sound_recorder.js")


@dataclass(frozen=True)
class HeardSound:
    """What one player has played.

    Attributes:
        samples: float64 (n,), [-1, 1].
        rate_hz: of the browser.
        began_at: the wall clock when the first sample came out of the machine.
    """

    samples: Floats
    rate_hz: int
    began_at: float


@dataclass(frozen=True)
class SoundAgreement:
    """How a stretch of what was heard agrees with what was played.

    Attributes:
        correlation: 1 if it is the same sound.
        delay_seconds: from when it was made until it was heard.
    """

    correlation: float
    delay_seconds: float


def record_players(page: Page) -> None:
    """Record all that the players of this page play; call it before the page is opened.

    The page's policy forbids our recorder, so its visitor needs Playwright's option `bypass_csp`.
    """
    page.add_init_script(f"window.recorderThread = {json.dumps(_RECORDER_THREAD.read_text())};")
    page.add_init_script(path=_RECORDER)


def heard_seconds(page: Page, number: int = 0) -> float:
    """Return how long a player of the page has been recorded; players are numbered as they were made."""
    return float(page.evaluate("(number) => window.heard[number].seconds", number))


def take_heard(page: Page, seconds: float, number: int = 0) -> HeardSound:
    """Return the last seconds that a player of the page has played."""
    found: dict[str, Any] = page.evaluate("([number, seconds]) => window.takeHeard(number, seconds)", [number, seconds])
    samples = np.frombuffer(base64.b64decode(found["samples"]), np.float32).astype(np.float64)
    return HeardSound(samples, int(found["rate"]), float(found["beganAt"]))


def compare_sound(heard: HeardSound, made: npt.NDArray[np.int16], made_rate_hz: int, made_at: float) -> SoundAgreement:
    """Find what was heard in what was made, and say how well it agrees and how late it was.

    Args:
        heard: what a page has played.
        made: int16 (n,), what the microphone gave; longer than what was heard.
        made_rate_hz: its rate.
        made_at: the wall clock of its first sample.
    """
    size = len(heard.samples)
    whole = soxr.resample(made.astype(np.float64) / 32_768, made_rate_hz, heard.rate_hz)
    padded = len(whole) + size
    products = np.fft.irfft(np.fft.rfft(whole, padded) * np.conj(np.fft.rfft(heard.samples, padded)), padded)
    sums = np.concatenate([[0.0], np.cumsum(whole**2)])
    energies = (sums[size:] - sums[:-size]) * np.square(heard.samples).sum()
    correlations = products[: len(energies)] / np.sqrt(energies + 1e-12)
    at = int(np.argmax(correlations))
    return SoundAgreement(float(correlations[at]), heard.began_at - (made_at + at / heard.rate_hz))
