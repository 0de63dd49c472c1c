"""The thread that cuts the clips of episodes and near misses."""

import logging
import queue
import threading
from collections.abc import Callable

import redis

from tears.journal.clips.cutting.clip_plan import ClipPlan, plan_of_episode, plan_of_near_miss
from tears.journal.clips.stream_cutter import StreamCutter
from tears.journal.history.records import KeptClip, KeptEpisode, NearMiss
from tears.journal.metrics import JournalMetrics
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)

# How often sound is appended to open clips. Redis holds two minutes.
_ADVANCE_SECONDS = 2.0
_CLIP_SWEEP_SECONDS = 600.0
# After a long outage the follower may tell of a whole night at once.
_MOST_WAITING = 1_000


class ClipsThread:
    """An `EpisodeListener` of the follower, which never waits: what does not fit into the queue is counted."""

    def __init__(
        self,
        cutter: StreamCutter,
        metrics: JournalMetrics,
        clock: Clock,
        stop: threading.Event,
        *,
        keeps_clips: bool = True,
    ) -> None:
        """Start nothing yet. The thread ends after `stop` was set, when the clips that are open are on the disk.

        Without `keeps_clips` it only deletes what is old.
        """
        self._cutter = cutter
        self._has_caught_up = not keeps_clips
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        self._waiting: queue.Queue[tuple[ClipPlan, KeptClip]] = queue.Queue(_MOST_WAITING)
        self._sweep_at_seconds = float("-inf")
        self._is_redis_away = False
        self._thread = threading.Thread(target=self._run, name="clips")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self) -> None:
        """Block until the thread has ended."""
        self._thread.join()

    def episode_began(self, episode: KeptEpisode) -> None:
        """Begin a clip."""
        self._put(plan_of_episode(episode), episode.clip)

    def episode_ended(self, episode: KeptEpisode) -> None:
        """Let a clip end, or cut it if nothing was heard of its beginning."""
        self._put(plan_of_episode(episode), episode.clip)

    def near_miss_ended(self, near_miss: NearMiss) -> None:
        """Cut the clip of a near miss."""
        self._put(plan_of_near_miss(near_miss), near_miss.clip)

    def _put(self, plan: ClipPlan, kept: KeptClip) -> None:
        try:
            self._waiting.put_nowait((plan, kept))
        except queue.Full:
            self._metrics.clips.labels(plan.clip_of.value, "dropped").inc()

    def _run(self) -> None:
        self._attempt(self._cutter.start)
        while not self._clock.wait(self._stop, _ADVANCE_SECONDS):
            self._attempt(self._take_turn)
        self._attempt(self._cutter.advance)
        self._attempt(self._cutter.close)

    def _take_turn(self) -> None:
        if not self._has_caught_up:
            self._cutter.catch_up()
            self._has_caught_up = True
        self._take_waiting()
        self._cutter.advance()
        if self._clock.monotonic_seconds() >= self._sweep_at_seconds:
            self._sweep_at_seconds = self._clock.monotonic_seconds() + _CLIP_SWEEP_SECONDS
            self._cutter.sweep()
        self._is_redis_away = False

    def _take_waiting(self) -> None:
        while not self._stop.is_set():
            try:
                plan, kept = self._waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._cutter.cut(plan, kept)
            except redis.RedisError:
                # Its sound may still be there when Redis is back.
                self._put(plan, kept)
                raise

    def _attempt(self, work: Callable[[], None]) -> None:
        try:
            work()
        except redis.RedisError as error:
            self._metrics.redis_failures.inc()
            if not self._is_redis_away:
                logger.warning("Redis does not answer (%s); clips wait for it", error)
            self._is_redis_away = True
        except Exception:
            # The edge of the thread: the next clip may be kept.
            logger.exception("a clip could not be made")
