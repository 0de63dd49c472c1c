"""The babies: how their voices and their ways of crying differ.

A vocal tract of about 8 cm has its resonances near 1.1, 3.3 and 5.5 kHz. A wide-open mouth, as for the vowel of "bat",
raises the first and lowers the second.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Baby:
    """A baby's voice and way of crying.

    Attributes:
        name: Name of the recording in the truth.
        pitch_hz: The middle of its melody in full cry.
        formants_hz: Resonances with a wide-open mouth.
        hoarseness: The share of cries with a stretch of dysphonation, 0 to 1.
        hyperphonation: The share of cries that leap into the high mode, 0 to 1.
        gasps: The share of voiced inspirations, 0 to 1.
        sobs: The share of cries that are broken into short bursts, 0 to 1.
        breath: Turbulence in relation to an effort of 1.
        press: The glottal formant divided by the pitch; see `voice.Gesture`.
        tilt_hz: Where the source's spectrum begins to fall by 12 dB an octave.
        expiration_seconds: The shortest and the longest cry.
        pause_seconds: The shortest and the longest silence after a gasp.
    """

    name: str
    pitch_hz: float
    formants_hz: tuple[float, float, float, float]
    hoarseness: float
    hyperphonation: float
    gasps: float
    sobs: float
    breath: float
    press: float
    tilt_hz: float
    expiration_seconds: tuple[float, float]
    pause_seconds: tuple[float, float]


BABIES = (
    # A clear, steady cry of hunger at three months.
    Baby(
        name="baby-1",
        pitch_hz=425,
        formants_hz=(1200, 2600, 4800, 7000),
        hoarseness=0.4,
        hyperphonation=0.0,
        gasps=0.3,
        sobs=0.1,
        breath=0.06,
        press=2.0,
        tilt_hz=16_000,
        expiration_seconds=(0.7, 1.5),
        pause_seconds=(0.05, 0.35),
    ),
    # A newborn, high and hoarse, with short breaths.
    Baby(
        name="baby-2",
        pitch_hz=530,
        formants_hz=(1300, 2900, 5300, 7700),
        hoarseness=0.8,
        hyperphonation=0.05,
        gasps=0.5,
        sobs=0.05,
        breath=0.10,
        press=2.2,
        tilt_hz=20_000,
        expiration_seconds=(0.5, 1.0),
        pause_seconds=(0.05, 0.25),
    ),
    # Older and lower, long complaints with little roughness.
    Baby(
        name="baby-3",
        pitch_hz=390,
        formants_hz=(1150, 2500, 4600, 6800),
        hoarseness=0.35,
        hyperphonation=0.0,
        gasps=0.2,
        sobs=0.15,
        breath=0.05,
        press=2.0,
        tilt_hz=14_000,
        expiration_seconds=(0.8, 1.5),
        pause_seconds=(0.1, 0.5),
    ),
    # In pain: pressed, leaping into the high mode.
    Baby(
        name="baby-4",
        pitch_hz=475,
        formants_hz=(1250, 2700, 5000, 7300),
        hoarseness=0.55,
        hyperphonation=0.2,
        gasps=0.5,
        sobs=0.0,
        breath=0.08,
        press=2.4,
        tilt_hz=22_000,
        expiration_seconds=(0.8, 1.5),
        pause_seconds=(0.05, 0.3),
    ),
    # Tired: breathy, broken by sobs.
    Baby(
        name="baby-5",
        pitch_hz=445,
        formants_hz=(1150, 2750, 4900, 7200),
        hoarseness=0.45,
        hyperphonation=0.0,
        gasps=0.4,
        sobs=0.3,
        breath=0.12,
        press=1.8,
        tilt_hz=12_000,
        expiration_seconds=(0.6, 1.2),
        pause_seconds=(0.1, 0.4),
    ),
    # Furious: rough nearly throughout.
    Baby(
        name="baby-6",
        pitch_hz=500,
        formants_hz=(1350, 2700, 4800, 7100),
        hoarseness=0.95,
        hyperphonation=0.05,
        gasps=0.6,
        sobs=0.05,
        breath=0.12,
        press=2.4,
        tilt_hz=22_000,
        expiration_seconds=(0.6, 1.3),
        pause_seconds=(0.05, 0.2),
    ),
)
