"""The last seconds of a room, straight from its stream. Raises redis-py's errors as they are."""

import io
import wave
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import redis

from tears.audio.format import Int16Array, frames_from_pcm, pcm_from_samples
from tears.kit.errors import MessageError
from tears.kit.messages import AudioChunk
from tears.kit.streams import names

MOST_SOUND_SECONDS: Final = 15.0
# Chunks have 0.1 to 1 s; more are not looked at.
_MOST_CHUNKS: Final = 150


@dataclass(frozen=True)
class NewestSound:
    """Sound as captured: int16 (n, channels), without gaps between its ends but for what the recorder dropped."""

    frames: Int16Array
    rate_hz: int

    def wav(self) -> bytes:
        """Return it as a WAV file, which every browser plays."""
        content = io.BytesIO()
        with wave.open(content, "wb") as file:
            file.setnchannels(self.frames.shape[1])
            file.setsampwidth(2)
            file.setframerate(self.rate_hz)
            file.writeframes(pcm_from_samples(self.frames))
        return content.getvalue()


def newest_sound(client: redis.Redis, mic: str, seconds: float) -> NewestSound | None:
    """Return the newest sound of a room, `seconds` long at most; None if there is none in its stream."""
    wanted_seconds = min(seconds, MOST_SOUND_SECONDS)
    entries: Any = client.xrevrange(names.chunks(mic), "+", "-", count=1)
    chunks: list[AudioChunk] = []
    found_seconds = 0.0
    while entries and found_seconds < wanted_seconds and len(chunks) < _MOST_CHUNKS:
        for _, fields in entries:
            chunk = _decoded(fields.get(names.BODY, b""))
            if chunk is None or not chunk.samples:
                continue
            if chunks and not chunk.is_same_format(chunks[-1]):
                return _joined(chunks, wanted_seconds)
            chunks.append(chunk)
            found_seconds += chunk.samples / chunk.sample_rate_hz
        entries = client.xrevrange(names.chunks(mic), f"({entries[-1][0].decode()}", "-", count=4)
    return _joined(chunks, wanted_seconds)


def _joined(newest_first: list[AudioChunk], seconds: float) -> NewestSound | None:
    if not newest_first:
        return None
    rate_hz = newest_first[0].sample_rate_hz
    frames = np.concatenate([frames_from_pcm(one.pcm, one.channels) for one in reversed(newest_first)])
    return NewestSound(frames[-max(1, round(seconds * rate_hz)) :], rate_hz)


def _decoded(body: bytes) -> AudioChunk | None:
    try:
        return AudioChunk.decode(body)
    except MessageError:
        return None
