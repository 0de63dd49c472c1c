"""Cut the sound of a room into windows of 5 s, one each second, as the pipeline does. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tears.audio.format import Int16Array, frames_from_pcm, to_mono
from tears.audio.window import Window, make_window
from tears.audio.window_positions import native_window_samples, window_end, windows_ending_in
from tears.kit.messages import AudioChunk

HOP_SECONDS = 1.0


class TrialWindow(NamedTuple):
    """A window, and the time of its last sample in seconds since 1970."""

    ends_at: float
    window: Window


class TrialWindows:
    """The last seconds of one room."""

    def __init__(self) -> None:
        self._chunks: list[AudioChunk] = []

    def add(self, chunk: AudioChunk) -> Iterator[TrialWindow]:
        """Yield the windows that end within a chunk; none across a gap or a new session."""
        last = self._chunks[-1] if self._chunks else None
        if last is not None and not (last.is_same_format(chunk) and last.end_sample == chunk.first_sample):
            self._chunks.clear()
        self._chunks.append(chunk)
        rate_hz = chunk.sample_rate_hz
        length = native_window_samples(rate_hz)
        begin = self._chunks[0].first_sample
        for index in windows_ending_in(chunk.first_sample, chunk.end_sample, rate_hz, HOP_SECONDS):
            end = window_end(index, rate_hz, HOP_SECONDS)
            if end - length < begin:
                continue
            mono = to_mono(self._frames()[end - length - begin : end - begin])
            ends_at = chunk.captured_at_seconds - (chunk.end_sample - end) / rate_hz
            yield TrialWindow(ends_at, make_window(mono, rate_hz, None))
        while self._chunks and self._chunks[0].end_sample <= chunk.end_sample - length:
            del self._chunks[0]

    def _frames(self) -> Int16Array:
        return np.concatenate([frames_from_pcm(one.pcm, one.channels) for one in self._chunks])
