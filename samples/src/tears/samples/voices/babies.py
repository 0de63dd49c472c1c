"""The babies: how their voices and their ways of crying differ.

A vocal tract of about 8 cm has its resonances near 1.1, 3.3 and 5.5 kHz. A wide-open mouth, as for the vowel of "bat",
raises the first and lowers the second.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Baby:
    """A baby's voice and way of crying; shares are from 0 to 1."""

    name: str  # of the recording in the truth
    pitch_hz: float  # the middle of the melody in full cry
    formants_hz: tuple[float, float, float, float]  # resonances with a wide-open mouth
    hoarseness: float  # share of cries with a stretch of dysphonation
    hyperphonation: float  # share of cries that leap into the high mode
    gasps: float  # share of inspirations that are voiced
    sobs: float  # share of cries that are broken into short bursts
    breath: float  # turbulence in relation to an effort of 1
    press: float  # the glottal formant divided by the pitch; see `voice.Gesture`
    tilt_hz: float  # where the source's spectrum begins to fall by 12 dB an octave
    expiration_seconds: tuple[float, float]  # the shortest and the longest cry
    pause_seconds: tuple[float, float]  # the shortest and the longest silence after a gasp


# The values stand in the order of the fields of `Baby`.
BABIES = (
    # A clear, steady cry of hunger at three months.
    Baby("baby-1", 425, (1200, 2600, 4800, 7000), 0.4, 0.0, 0.3, 0.1, 0.06, 2.0, 16_000, (0.7, 1.5), (0.05, 0.35)),
    # A newborn: high and hoarse, with short breaths.
    Baby("baby-2", 530, (1300, 2900, 5300, 7700), 0.8, 0.05, 0.5, 0.05, 0.1, 2.2, 20_000, (0.5, 1.0), (0.05, 0.25)),
    # Older and lower: long complaints with little roughness.
    Baby("baby-3", 390, (1150, 2500, 4600, 6800), 0.35, 0.0, 0.2, 0.15, 0.05, 2.0, 14_000, (0.8, 1.5), (0.1, 0.5)),
    # In pain: pressed, leaping into the high mode.
    Baby("baby-4", 475, (1250, 2700, 5000, 7300), 0.55, 0.2, 0.5, 0.0, 0.08, 2.4, 22_000, (0.8, 1.5), (0.05, 0.3)),
    # Tired: breathy, broken by sobs.
    Baby("baby-5", 445, (1150, 2750, 4900, 7200), 0.45, 0.0, 0.4, 0.3, 0.12, 1.8, 12_000, (0.6, 1.2), (0.1, 0.4)),
    # Furious: rough nearly throughout.
    Baby("baby-6", 500, (1350, 2700, 4800, 7100), 0.95, 0.05, 0.6, 0.05, 0.12, 2.4, 22_000, (0.6, 1.3), (0.05, 0.2)),
)
