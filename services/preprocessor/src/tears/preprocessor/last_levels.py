"""Measure the level of each room's last chunk when Prometheus asks for it: that is seldom, and chunks are many."""

from functools import partial

from prometheus_client import Gauge

from tears.audio.format import frames_from_pcm, to_mono
from tears.audio.level import level_dbfs
from tears.audio.offset import without_offset
from tears.kit.messages import AudioChunk


class LastLevels:
    """Remembers the last chunk of each room. Thread-safe."""

    def __init__(self, gauge: Gauge, gain_db: float | None) -> None:
        """Fill `gauge`, which has the label `mic`; `gain_db` is the fixed gain, and None means automatic gain."""
        self._gauge = gauge
        self._gain_db = gain_db
        self._chunks: dict[str, AudioChunk] = {}

    def note(self, chunk: AudioChunk) -> None:
        """Make this the last chunk of its room. It has sound, at a rate of which windows can be made."""
        is_new_room = chunk.mic not in self._chunks
        self._chunks[chunk.mic] = chunk
        if is_new_room:
            self._gauge.labels(chunk.mic).set_function(partial(self._level_dbfs, chunk.mic))

    def _level_dbfs(self, mic: str) -> float:
        chunk = self._chunks[mic]
        mono = to_mono(frames_from_pcm(chunk.pcm, chunk.channels))
        return level_dbfs(without_offset(mono, chunk.sample_rate_hz, self._gain_db))
