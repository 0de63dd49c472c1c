"""Brings the sound of the rooms to those who listen: one encoder for each room that somebody listens to."""

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

import soundfile

from tears.audio.errors import AudioFormatError
from tears.journal.errors import TooManyListenersError
from tears.journal.live.live_metrics import LiveMetrics
from tears.journal.live.sound.mp3_stream import Mp3Stream
from tears.journal.live.sound.sound_pace import SoundPace
from tears.journal.live.sound.sound_tap import SoundTap
from tears.kit.clock import Clock
from tears.kit.messages import AudioChunk

logger = logging.getLogger(__name__)

# Those in the house at once, with a margin; each takes 8 KB/s of the network.
MOST_LISTENERS: Final = 40
# The encoder needs a hundredth of the time that the sound takes; if it is still behind, the oldest is left out.
_MOST_WAITING_CHUNKS: Final = 16
# What was heard longer ago is not played to somebody who begins to listen now.
_FRESH_SECONDS: Final = 3.0


class SoundHub:
    """A `SoundListener` of the follower. All methods are safe in any thread, and none of them waits.

    The encoders run in a thread of their own, and a room to which nobody listens has none.
    """

    def __init__(self, metrics: LiveMetrics, clock: Clock) -> None:
        """Start nothing yet."""
        self._metrics = metrics
        self._clock = clock
        self._lock = threading.Condition()
        self._taps: dict[str, list[SoundTap]] = {}
        self._newest: dict[str, AudioChunk] = {}
        self._heard_at_seconds: dict[str, float] = {}
        self._paces: dict[str, SoundPace] = {}
        self._last_pieces: dict[str, bytes] = {}
        self._waiting: deque[tuple[str, AudioChunk]] = deque()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._encode_waiting, name="live-sound", daemon=True)

    def start(self) -> None:
        """Start the thread of the encoders."""
        self._thread.start()

    def stop(self) -> None:
        """Let all listeners and the thread end; wait for the thread."""
        with self._lock:
            self._is_stopping = True
            for taps in self._taps.values():
                for tap in taps:
                    tap.close()
            self._lock.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def heard(self, mic: str, chunk: AudioChunk) -> None:
        """Take the next chunk of a room; one that came before, or too many at once, are left out."""
        with self._lock:
            before = self._newest.get(mic)
            if not chunk.pcm or (
                before is not None and chunk.session == before.session and chunk.end_sample <= before.end_sample
            ):
                return
            self._newest[mic] = chunk
            self._heard_at_seconds[mic] = self._clock.monotonic_seconds()
            if mic in self._taps:
                self._put(mic, chunk)

    @contextlib.contextmanager
    def listen(self, mic: str) -> Iterator[SoundTap]:
        """Give a tap of a room's sound, which begins with the last second that was heard; call it in the event loop.

        Raises:
            TooManyListenersError: so many listen already.
        """
        tap = SoundTap()
        self._add(mic, tap)
        try:
            yield tap
        finally:
            self._remove(mic, tap)

    def _add(self, mic: str, tap: SoundTap) -> None:
        with self._lock:
            if sum(map(len, self._taps.values())) >= MOST_LISTENERS:
                raise TooManyListenersError(f"{MOST_LISTENERS} already listen; try again when one of them has stopped")
            is_first = mic not in self._taps
            self._taps.setdefault(mic, []).append(tap)
            if self._is_stopping:
                tap.close()
            elif is_first:
                self._paces[mic] = SoundPace(self._clock.monotonic_seconds())
            if self._is_heard(mic):
                self._begin(mic, tap)
            self._show_listeners()

    def _remove(self, mic: str, tap: SoundTap) -> None:
        with self._lock:
            self._metrics.dropped_pieces.labels("listener").inc(tap.dropped_pieces)
            if tap in self._taps.get(mic, ()):
                self._leave(mic, tap)

    def _leave(self, mic: str, tap: SoundTap) -> None:
        self._taps[mic].remove(tap)
        if not self._taps[mic]:
            del self._taps[mic], self._paces[mic]
            self._last_pieces.pop(mic, None)
            # The thread forgets the room's encoder.
            self._lock.notify_all()
        self._show_listeners()

    def _is_heard(self, mic: str) -> bool:
        heard_at_seconds = self._heard_at_seconds.get(mic, float("-inf"))
        return self._clock.monotonic_seconds() - heard_at_seconds < _FRESH_SECONDS

    def _begin(self, mic: str, tap: SoundTap) -> None:
        """Give a new listener the last second at once, so that it can begin to play."""
        if mic in self._last_pieces:
            tap.offer(self._last_pieces[mic])
        elif len(self._taps[mic]) == 1:
            self._put(mic, self._newest[mic])

    def _put(self, mic: str, chunk: AudioChunk) -> None:
        seconds = chunk.samples / chunk.sample_rate_hz
        if not self._paces[mic].takes(seconds, self._clock.monotonic_seconds()):
            self._metrics.dropped_pieces.labels("burst").inc()
            return
        if len(self._waiting) >= _MOST_WAITING_CHUNKS:
            self._waiting.popleft()
            self._metrics.dropped_pieces.labels("encoder").inc()
        self._waiting.append((mic, chunk))
        self._lock.notify_all()

    def _show_listeners(self) -> None:
        self._metrics.listeners.set(sum(map(len, self._taps.values())))

    def _encode_waiting(self) -> None:
        streams: dict[str, Mp3Stream] = {}
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._is_stopping or self._waiting or streams.keys() - self._taps.keys())
                for mic in streams.keys() - self._taps.keys():
                    streams.pop(mic).close()
                if self._is_stopping:
                    return
                if not self._waiting:
                    continue
                mic, chunk = self._waiting.popleft()
            self._encode(streams, mic, chunk)

    def _encode(self, streams: dict[str, Mp3Stream], mic: str, chunk: AudioChunk) -> None:
        try:
            if mic not in streams:
                streams[mic] = Mp3Stream()
            piece = streams[mic].encode(chunk)
        except (soundfile.SoundFileError, AudioFormatError) as error:
            logger.warning("the sound of %s cannot be encoded for those who listen: %s", mic, error)
            self._metrics.dropped_pieces.labels("format").inc()
            return
        if not piece:
            return
        with self._lock:
            if mic in self._taps:
                self._last_pieces[mic] = piece
            for tap in tuple(self._taps.get(mic, ())):
                tap.offer(piece)
                if tap.is_stuck:
                    tap.close()
                    self._leave(mic, tap)
