"""Make chunks of known sound."""

from collections.abc import Sequence

import numpy as np

from tears.kit.messages import AudioChunk

WALL_SECONDS = 1_700_000_000.0


def known_noise(samples: int, seed: int = 0) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Return int16, (samples,): noise, so that each position differs from every other."""
    return np.random.default_rng(seed).integers(-12_000, 12_000, samples, dtype=np.int16)


def chunk(
    sound: np.ndarray[tuple[int], np.dtype[np.int16]],
    first_sample: int,
    *,
    mic: str = "nursery",
    session: str = "s1",
    rate_hz: int = 8_000,
    channels: int = 1,
    ends_session: bool = False,
) -> AudioChunk:
    """Return a chunk of `sound`, which is interleaved if there are several channels."""
    return AudioChunk(
        mic=mic,
        session=session,
        first_sample=first_sample,
        sample_rate_hz=rate_hz,
        channels=channels,
        pcm=sound.astype("<i2").tobytes(),
        captured_at_seconds=WALL_SECONDS + (first_sample + len(sound) // channels) / rate_hz,
        ends_session=ends_session,
    )


def chunks(
    sound: np.ndarray[tuple[int], np.dtype[np.int16]],
    *,
    mic: str = "nursery",
    session: str = "s1",
    rate_hz: int = 8_000,
    chunk_samples: int = 8_000,
    ends_session: bool = False,
) -> list[AudioChunk]:
    """Cut `sound`, one channel, into chunks of one session."""
    starts: Sequence[int] = range(0, len(sound), chunk_samples)
    return [
        chunk(
            sound[at : at + chunk_samples],
            at,
            mic=mic,
            session=session,
            rate_hz=rate_hz,
            ends_session=ends_session and at == starts[-1],
        )
        for at in starts
    ]
