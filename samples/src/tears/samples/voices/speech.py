"""Adults talking: vowels and consonants in the rhythm of syllables, without words; one voice, or several.

Formants of men's vowels follow Peterson and Barney (1952); women's tracts are shorter by about a sixth. Talk has four
to five syllables a second, in phrases of a breath, whose pitch declines from start to end.
"""

from dataclasses import dataclass

import numpy as np

from tears.samples.voices.voice import FRAMES_PER_SECOND, GESTURE_FRAME_SAMPLES, Gesture, utter
from tears.samples.waveforms import (
    FloatArray,
    at_level,
    coloured_noise,
    equalize,
    mix,
    sample_count,
    wander,
    with_fades,
)

# Men's first three formants, in Hz, as in heed, head, had, hod, hawed, who'd, hud.
_VOWELS_HZ = (
    (270, 2290, 3010),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (300, 870, 2240),
    (640, 1190, 2390),
)
_VOWEL_BANDWIDTHS_HZ = (80.0, 110.0, 160.0)
# The spectra of s, sh and f: gains in dB by frequency in Hz.
_FRICATIVES_DB: tuple[dict[float, float], ...] = (
    {2500: -40, 4500: -6, 6500: 0, 9000: -3, 12000: -15},
    {1200: -40, 2200: -6, 3200: 0, 5500: -6, 10000: -25},
    {500: -20, 1500: -12, 8000: -10, 14000: -20},
)


@dataclass(frozen=True)
class Speaker:
    """An adult's voice."""

    name: str  # of the recording in the truth
    pitch_hz: float  # the middle of the melody
    tract: float  # resonances divided by those of a man's vocal tract
    syllables_per_second: float


SPEAKERS = (
    Speaker("speaker-1", 112, 1.0, 4.6),
    Speaker("speaker-2", 196, 1.16, 5.0),
    Speaker("speaker-3", 128, 0.97, 4.2),
    Speaker("speaker-4", 178, 1.12, 4.8),
    Speaker("speaker-5", 98, 0.95, 4.4),
)


def talk(speaker: Speaker, length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the sound of one person who talks in phrases, with pauses; it has about the given length."""
    parts: list[FloatArray] = []
    while (elapsed := sum(part.size for part in parts) / sample_count(1)) < length_seconds:
        left = length_seconds - elapsed
        count = int(np.clip(left * speaker.syllables_per_second, 2, rng.integers(4, 11)))
        parts += [_phrase(speaker, count, rng), np.zeros(sample_count(float(rng.uniform(0.2, 0.7))))]
    return np.concatenate(parts[:-1])


def babble(length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return the sound of several people who talk at once in the next room."""
    voices = []
    for speaker in SPEAKERS:
        distance_db = float(rng.uniform(-8, 0))
        voices.append((0.0, at_level(talk(speaker, length_seconds, rng), distance_db)))
    return with_fades(mix(voices, length_seconds), 0.4, 0.6)


def _phrase(speaker: Speaker, syllables: int, rng: np.random.Generator) -> FloatArray:
    """Return a sequence of syllables on one breath."""
    lengths = np.maximum(rng.normal(1, 0.35, syllables), 0.45) / speaker.syllables_per_second
    lengths[-1] *= 1.5  # the last syllable of a phrase is longer
    starts = np.concatenate(([0.0], np.cumsum(lengths)))
    frames = round(float(starts[-1]) * FRAMES_PER_SECOND)
    now = np.arange(frames) / FRAMES_PER_SECOND

    # The mouth reaches each vowel in mid-syllable, and glides from one to the next.
    targets = np.array(_VOWELS_HZ, dtype=np.float64)[rng.integers(0, len(_VOWELS_HZ), syllables)] * speaker.tract
    middles = (starts[:-1] + starts[1:]) / 2
    formants_hz = np.stack([np.interp(now, middles, targets[:, formant]) for formant in range(3)], axis=1)

    # Some syllables are stressed, and the pitch moves within each; otherwise it would sound like chanting.
    accents = np.where(
        rng.random(syllables) < 0.4, rng.uniform(1.15, 1.5, syllables), rng.uniform(0.85, 1.0, syllables)
    )
    knots = np.stack((starts[:-1], middles), axis=1).ravel()
    heights = np.stack((accents * rng.uniform(0.85, 1.1, syllables), accents), axis=1).ravel()
    declination = np.interp(now, (0, starts[-1]), (1.08, 0.8))
    pitch_hz = speaker.pitch_hz * declination * np.interp(now, knots, heights)
    pitch_hz = pitch_hz * (1 + 0.01 * wander(frames, 10, rng, FRAMES_PER_SECOND))

    syllable = np.clip(np.searchsorted(starts, now, side="right") - 1, 0, syllables - 1)
    onset = now - starts[syllable]
    kinds = rng.integers(0, 3, syllables)  # a stop, a fricative, a nasal or glide
    closed_seconds = np.array((0.06, 0.09, 0.05))[kinds][syllable]
    leak = np.array((0.02, 0.02, 0.35))[kinds][syllable]
    opened = 1 / (1 + np.exp(-(onset - closed_seconds) / 0.008))
    closing = 1 - 0.5 * np.exp(-(starts[syllable + 1] - now) / 0.02)
    effort = (leak + (1 - leak) * opened) * closing * rng.uniform(0.6, 1.1, syllables)[syllable]
    effort *= 1 - np.exp(-(float(starts[-1]) - now) / 0.06)
    voice = utter(
        Gesture(
            pitch_hz=pitch_hz,
            effort=effort,
            breath=0.04 * effort,
            roughness=0.1 + 0.3 * np.exp(-(float(starts[-1]) - now) / 0.1),
            formants_hz=formants_hz,
            bandwidths_hz=_VOWEL_BANDWIDTHS_HZ,
            spacing_hz=1030.0 * speaker.tract,
            press=1.0,
            tilt_hz=2500.0,
            jitter=0.008,
            shimmer=0.05,
        ),
        rng,
    )
    loudness = float(np.sqrt(np.mean(np.square(voice))))
    for index in np.flatnonzero(kinds < 2):
        hiss = _burst(rng) if kinds[index] == 0 else _fricative(rng)
        at = sample_count(float(starts[index])) + (sample_count(0.05) if kinds[index] == 0 else 0)
        voice[at : at + hiss.size] += loudness * hiss[: max(voice.size - at, 0)]
    return voice[: frames * GESTURE_FRAME_SAMPLES]


def _fricative(rng: np.random.Generator) -> FloatArray:
    """Return the hiss of air through a narrow gap, about 90 ms; RMS 0.1 to 0.4."""
    noise = rng.standard_normal(sample_count(float(rng.uniform(0.07, 0.11))))
    hiss = equalize(noise, _FRICATIVES_DB[rng.integers(0, len(_FRICATIVES_DB))])
    return with_fades(hiss / np.sqrt(np.mean(np.square(hiss))), 0.02, 0.02) * rng.uniform(0.1, 0.4)


def _burst(rng: np.random.Generator) -> FloatArray:
    """Return the burst of a stop: 15 ms of noise that dies away."""
    count = sample_count(0.015)
    return coloured_noise(count, -3.0, rng) * np.exp(-np.arange(count) / (count / 4)) * rng.uniform(0.2, 0.6)
