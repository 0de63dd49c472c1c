"""An episode of a baby's crying: expirations that rise and fall, gasps between them, pauses.

Sources of the numbers: spectrography of newborns puts the mean pitch near 500 Hz (most babies 400 to 600) and one
cry at about 1.4 s, with a rising-falling or falling melody whose highest point is near 580 Hz and the lowest near 400
(Michelsson et al. 2002); older babies cry lower. A cry is phonation (250 to 700 Hz), hyperphonation (a leap to 1 to
2 kHz) or dysphonation (subharmonics and noise, found in more than half of healthy babies' cries in the first months:
Fuamenya, Robb and Wermke 2015), and the gasp after it is often voiced (Golub and Corwin 1985; Wermke et al. 2018).
"""

import numpy as np

from tears.samples.voices.babies import Baby
from tears.samples.voices.voice import FRAMES_PER_SECOND, Gesture, utter
from tears.samples.waveforms import FloatArray, sample_count, wander

_RESONANCE_SPACING_HZ = 2300.0  # c / 2L of a vocal tract of 7.7 cm
_CRY_BANDWIDTHS_HZ = (280.0, 280.0, 330.0, 420.0)  # a wide mouth radiates much energy
_GASP_BANDWIDTHS_HZ = (300.0, 350.0, 500.0, 700.0)


def crying_episode(baby: Baby, length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return an episode of crying that grows over the first breaths; its length is as given, to within a breath.

    It lasts from the first expiration's onset to the last one's end.
    """
    parts: list[FloatArray] = []
    elapsed = 0.0
    while True:
        distress = 1 - 0.4 * float(np.exp(-elapsed / 2.0)) + 0.08 * float(rng.standard_normal())
        expiration_seconds = float(rng.uniform(*baby.expiration_seconds))
        parts.append(expiration(baby, expiration_seconds, distress, rng))
        elapsed += expiration_seconds
        if elapsed >= length_seconds - 0.5:
            return np.concatenate(parts)
        gasp = inspiration(baby, float(rng.uniform(0.14, 0.28)), rng)
        rests = [np.zeros(sample_count(float(rng.uniform(*span)))) for span in ((0.03, 0.09), baby.pause_seconds)]
        parts += [rests[0], gasp, rests[1]]
        elapsed += sum(part.size for part in parts[-3:]) / sample_count(1)


def expiration(baby: Baby, length_seconds: float, distress: float, rng: np.random.Generator) -> FloatArray:
    """Return one cry, on one breath.

    Distress, from about 0.5 (fussing) to 1.1 (full cry), scales pitch, effort and how often the voice becomes rough.
    """
    frames = round(length_seconds * FRAMES_PER_SECOND)
    since = np.arange(frames) / FRAMES_PER_SECOND
    left = length_seconds - since
    place = since / length_seconds
    # The mouth opens within a tenth of a second, and closes at the end of the breath.
    opening = (1 - np.exp(-since / 0.06)) * (1 - 0.7 * np.exp(-left / 0.06))

    middle_hz = baby.pitch_hz * (0.85 + 0.15 * distress) * float(np.exp(0.06 * rng.standard_normal()))
    pitch_hz = middle_hz * _melody(place, rng) * (1 - 0.3 * np.exp(-since / 0.05)) * (1 - 0.28 * np.exp(-left / 0.05))
    vibrato = 0.012 * np.sin(2 * np.pi * (rng.uniform(5, 8) * since + rng.uniform())) * np.minimum(since / 0.3, 1)
    pitch_hz *= 1 + vibrato + 0.012 * wander(frames, 12, rng, FRAMES_PER_SECOND)
    if rng.random() < baby.hyperphonation * distress:
        leap, back = rng.uniform(0.0, 0.3), rng.uniform(0.6, 1.0)
        pitch_hz *= 1 + rng.uniform(1.1, 1.5) * _stretch(place, leap, back, 0.008)

    effort = distress * (1 - np.exp(-since / 0.03)) * (1 - np.exp(-left / 0.04))
    effort *= np.interp(place, (0, 0.2, 0.6, 1), (0.6, 1, 1, 0.65))
    effort *= np.maximum(1 + 0.15 * wander(frames, 6, rng, FRAMES_PER_SECOND), 0.2)
    if rng.random() < baby.sobs:
        # The vocal folds snap shut and open again, about five times a second.
        effort *= 1 / (1 + np.exp(-12 * (np.cos(2 * np.pi * (rng.uniform(3.5, 6) * since + rng.uniform())) + 0.35)))

    # A voice begins and ends with a little creak.
    roughness = 0.1 + 0.25 * np.exp(-left / 0.05)
    if rng.random() < baby.hoarseness * distress:
        begin = rng.uniform(0.0, 0.5)
        stretch = _stretch(place, begin, begin + rng.uniform(0.2, 0.7), 0.02)
        roughness = np.maximum(roughness, stretch * rng.uniform(0.4, 1.0))
        effort *= 1 + 0.4 * stretch  # it is rough because the baby presses harder

    formants_hz = np.tile(np.array(baby.formants_hz, dtype=np.float64), (frames, 1))
    formants_hz[:, 0] *= 0.62 + 0.38 * opening + 0.03 * wander(frames, 4, rng, FRAMES_PER_SECOND)
    formants_hz[:, 1] *= 0.88 + 0.12 * opening + 0.04 * wander(frames, 3, rng, FRAMES_PER_SECOND)
    formants_hz[:, 2] *= 0.96 + 0.04 * opening + 0.02 * wander(frames, 3, rng, FRAMES_PER_SECOND)
    return utter(
        Gesture(
            pitch_hz=pitch_hz,
            effort=effort,
            breath=baby.breath * effort * (1 + 4 * np.clip(roughness - 0.2, 0, 1)),
            roughness=roughness,
            formants_hz=formants_hz,
            bandwidths_hz=_CRY_BANDWIDTHS_HZ,
            spacing_hz=_RESONANCE_SPACING_HZ,
            press=baby.press,
            tilt_hz=baby.tilt_hz * distress,
            jitter=0.008,
            shimmer=0.06,
        ),
        rng,
    )


def inspiration(baby: Baby, length_seconds: float, rng: np.random.Generator) -> FloatArray:
    """Return one gasp: air drawn in through a half-open throat, sometimes voiced, at least 20 dB below the cry."""
    frames = round(length_seconds * FRAMES_PER_SECOND)
    place = np.arange(frames) / frames
    flow = np.sin(np.pi * place) ** 0.7 * float(rng.uniform(0.6, 1.2))
    voice = 0.06 if rng.random() < baby.gasps else 0.0
    return utter(
        Gesture(
            pitch_hz=baby.pitch_hz * rng.uniform(1.2, 1.7) * (1 + 0.15 * np.sin(np.pi * place) - 0.25 * place),
            effort=voice * flow,
            breath=0.14 * flow,
            roughness=np.full(frames, 0.3),
            formants_hz=np.tile(np.array(baby.formants_hz) * (0.85, 0.92, 1.0, 1.0), (frames, 1)),
            bandwidths_hz=_GASP_BANDWIDTHS_HZ,
            spacing_hz=_RESONANCE_SPACING_HZ,
            press=1.0,
            tilt_hz=3000.0,
            jitter=0.02,
            shimmer=0.1,
        ),
        rng,
    )


def _melody(place: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the pitch divided by its middle over one cry, `place` from 0 to 1: rising-falling, falling or flat."""
    shape = rng.choice(3, p=(0.5, 0.3, 0.2))
    if shape == 0:
        return 0.94 + rng.uniform(0.08, 0.22) * np.sin(np.pi * np.minimum(place / rng.uniform(0.7, 1), 1)) - 0.1 * place
    if shape == 1:
        return 1.12 - rng.uniform(0.15, 0.3) * place
    return 1.03 - 0.03 * place


def _stretch(place: FloatArray, begin: float, end: float, slope: float) -> FloatArray:
    """Return 1 between two places and 0 outside, with steep but smooth sides."""
    return np.asarray(1 / ((1 + np.exp(-(place - begin) / slope)) * (1 + np.exp((place - end) / slope))))
