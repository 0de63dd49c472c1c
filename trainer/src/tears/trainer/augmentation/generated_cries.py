"""Generated cries: the larynx and vocal tract of the demo's scenes, for babies drawn at random.

Recordings of cries are few, and most of them come from one app. Generated cries have any number of voices, all
frequencies and no licence, and YAMNet takes them for babies' cries. They are less lifelike than recordings.
"""

import numpy as np
import soxr

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.samples.voices.babies import Baby
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import SCENE_RATE_HZ

LONGEST_CRY_SECONDS = 6.0


def random_baby(rng: np.random.Generator) -> Baby:
    """Draw a voice between a newborn's and a toddler's; the ranges are a little wider than those of `tears.samples`."""
    # A newborn's vocal tract is a fifth shorter than a toddler's, and its resonances are a fifth higher.
    size = rng.uniform(0.9, 1.15)
    resonances = np.array([1220.0, 2700.0, 4950.0, 7200.0]) * size * rng.uniform(0.93, 1.07, 4)
    shortest, rest = rng.uniform(0.4, 0.9), rng.uniform(0.03, 0.25)
    return Baby(
        name="generated",
        pitch_hz=float(np.exp(rng.uniform(np.log(320.0), np.log(620.0)))),
        formants_hz=(float(resonances[0]), float(resonances[1]), float(resonances[2]), float(resonances[3])),
        hoarseness=rng.uniform(0.1, 1.0),
        hyperphonation=rng.choice([0.0, rng.uniform(0.0, 0.3)]),
        gasps=rng.uniform(0.1, 0.7),
        sobs=rng.uniform(0.0, 0.1),
        breath=rng.uniform(0.04, 0.16),
        press=rng.uniform(1.6, 2.5),
        tilt_hz=float(np.exp(rng.uniform(np.log(8_000.0), np.log(24_000.0)))),
        expiration_seconds=(shortest, shortest + rng.uniform(0.3, 0.9)),
        pause_seconds=(rest, rest + rng.uniform(0.1, 0.5)),
    )


def generated_cries(rng: np.random.Generator, count: int) -> list[Signal]:
    """Generate one bout of crying for each of ``count`` babies: float32 [110 250], at 22 050 Hz."""
    cries = []
    for _ in range(count):
        episode = crying_episode(random_baby(rng), LONGEST_CRY_SECONDS, rng)
        cry = soxr.resample(episode, SCENE_RATE_HZ, MODEL_RATE_HZ)
        at = int(rng.integers(0, max(1, len(cry) - WINDOW_SAMPLES)))
        cries.append(np.resize(cry[at:], WINDOW_SAMPLES).astype(np.float32))
    return cries
