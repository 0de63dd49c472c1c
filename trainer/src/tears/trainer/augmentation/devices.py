"""What a telephone, a camera or a baby monitor does to a sound before it is recorded.

Recordings of cries come from such devices. Some suppress noise, some control the level, some encode with a lossy codec.
"""

import io
from typing import Final

import numpy as np
import soundfile
import soxr

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Signal
from tears.audio.gain import amplitude

DENOISING_FRAME_SAMPLES: Final = 512  # 23 ms
# Containers and codecs by libsndfile's names. libsndfile can write each of them at each of the rates.
CODECS: Final = (("MP3", "MPEG_LAYER_III"), ("OGG", "VORBIS"), ("OGG", "OPUS"))
CODEC_RATES_HZ: Final = (8_000, 16_000, 24_000)
# libsndfile refuses to write MP3 at a level above 0.9999: LAME's quality is ten times the level, and ends at 9.999.
MOST_COMPRESSION: Final = 0.999
# A band's noise is estimated from the power that it does not exceed in this share of the frames.
QUIET_SHARE: Final = 0.1


def through_device(samples: Signal, rng: np.random.Generator) -> Signal:
    """Draw a device, and return a sound as it passes it on: float32 of shape [n], in [-1, 1], at 22 050 Hz."""
    suppresses_noise, controls_level, encodes = rng.random(3) < (0.5, 0.5, 0.5)
    if suppresses_noise:
        samples = denoised(samples, rng.uniform(0.8, 2.5), rng.uniform(-26, -8))
    if controls_level:
        samples = levelled(samples, rng.uniform(-30, -12), rng.uniform(6, 30), rng.uniform(0.05, 1.5))
    if encodes:
        container, codec = CODECS[int(rng.integers(len(CODECS)))]
        rate_hz = CODEC_RATES_HZ[int(rng.integers(len(CODEC_RATES_HZ)))]
        samples = encoded(samples, container, codec, rate_hz, rng.uniform(0.4, 1.0))
    return samples


def denoised(samples: Signal, strength: float, lowest_db: float) -> Signal:
    """Suppress steady noise by spectral subtraction: the noise of each band is subtracted from its power.

    Boll, Suppression of acoustic noise in speech using spectral subtraction (1979).

    Args:
        samples: float32 of shape [n].
        strength: How many times the noise is subtracted.
        lowest_db: The lowest gain of a band.
    """
    hop = DENOISING_FRAME_SAMPLES // 2
    padded = np.pad(samples, (hop, hop + -len(samples) % hop))
    # Squared and overlapped by half, these windows sum to 1.
    window = np.sqrt(np.hanning(DENOISING_FRAME_SAMPLES + 1)[:-1]).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, DENOISING_FRAME_SAMPLES)[::hop] * window
    spectrum = np.fft.rfft(frames)  # [frames, 257]
    power = np.square(np.abs(spectrum))
    # The power of noise has an exponential distribution: this is its mean, from one of its quantiles.
    noise = np.quantile(power, QUIET_SHARE, axis=0) / -np.log(1 - QUIET_SHARE)
    gain = np.sqrt(np.maximum(1 - strength * noise / (power + 1e-20), amplitude(lowest_db) ** 2))
    # Without this mean over three frames the remaining noise would tinkle.
    padded_gain = np.pad(gain, ((1, 1), (0, 0)), mode="edge")
    gain = (padded_gain[:-2] + gain + padded_gain[2:]) / 3
    frames = np.fft.irfft(spectrum * gain) * window
    cleaned = np.zeros(len(padded))
    for half in range(2):
        part = frames[:, half * hop : (half + 1) * hop].reshape(-1)
        cleaned[half * hop :][: len(part)] += part
    return np.asarray(cleaned[hop:][: len(samples)], np.float32)


def levelled(samples: Signal, target_dbfs: float, highest_gain_db: float, recovery_seconds: float) -> Signal:
    """Control the level automatically: the gain falls at once, and rises with the time constant `recovery_seconds`."""
    step = MODEL_RATE_HZ // 100
    frames = np.pad(samples, (0, -len(samples) % step)).reshape(-1, step)
    level_db = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-10)
    wanted_db = np.clip(target_dbfs - level_db, -40, highest_gain_db)
    keep = float(np.exp(-0.01 / recovery_seconds))
    gains_db, gain_db = np.empty(len(wanted_db)), float(wanted_db[0])
    for k, wanted in enumerate(wanted_db):
        gain_db = min(float(wanted), keep * gain_db + (1 - keep) * float(wanted))
        gains_db[k] = gain_db
    gains = np.interp(np.arange(len(samples)), (np.arange(len(wanted_db)) + 0.5) * step, 10 ** (gains_db / 20))
    return np.clip(samples * gains.astype(np.float32), -1, 1)


def encoded(samples: Signal, container: str, codec: str, rate_hz: int, compression: float) -> Signal:
    """Encode a sound at this rate with one of the CODECS, and decode it again.

    The compression goes from 0, the best quality, to 1, the least data.
    """
    sent = soxr.resample(samples, MODEL_RATE_HZ, rate_hz, quality="LQ")
    file = io.BytesIO()
    level = min(compression, MOST_COMPRESSION)
    soundfile.write(file, sent, rate_hz, format=container, subtype=codec, compression_level=level)
    file.seek(0)
    received, rate_hz = soundfile.read(file, dtype="float32")
    back = soxr.resample(received, rate_hz, MODEL_RATE_HZ, quality="LQ")[: len(samples)]
    return np.asarray(np.pad(back, (0, len(samples) - len(back))), np.float32)
