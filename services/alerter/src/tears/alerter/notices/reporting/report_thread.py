"""Publishes on `tears:notices` who has accepted which notice, for those who show it.

It has a thread and a connection of its own, and whoever reports waits for nothing. What cannot be published in time is
dropped and counted: no alert depends on it.
"""

import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

import redis

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.receivers import Receiver, ReceiverWithName
from tears.alerter.notices.reporting.notice_stream import publish_report
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.messages import NoticeReport
from tears.kit.redis_client import is_away, why

logger = logging.getLogger(__name__)

# More than a night of alerts to a whole family has.
MOST_WAITING_REPORTS: Final = 1_000
# How long a stop waits for the reports that are left.
LAST_REPORTS_SECONDS: Final = 2.0
_REPORTS_LOOK_SECONDS: Final = 30.0


class ReportThread:
    """`accepted` may be called from any thread."""

    def __init__(self, client: redis.Redis, metrics: AlerterMetrics, clock: Clock) -> None:
        """Start nothing yet; `client` is for this thread."""
        self._redis = client
        self._metrics = metrics
        self._clock = clock
        self._waiting: deque[NoticeReport] = deque()
        self._is_refused = False
        self._has_news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is left, for two seconds at most."""
        self._stopping.set()
        self._has_news.set()
        if self._thread.is_alive():
            self._thread.join(LAST_REPORTS_SECONDS)

    def accepted(self, receiver: Receiver, notices: Sequence[Notice]) -> None:
        """Note that a receiver has accepted notices; returns at once."""
        who = receiver.name if isinstance(receiver, ReceiverWithName) else receiver.description
        for notice in notices:
            self._waiting.append(
                NoticeReport(
                    kind=notice.kind.value,
                    who=who,
                    at_seconds=self._clock.wall_seconds(),
                    notice_id=notice.key,
                    mic=notice.mic,
                    episode_id=str(notice.facts.get("episode_id", "")),
                )
            )
        while len(self._waiting) > MOST_WAITING_REPORTS:
            self._waiting.popleft()
            self._metrics.dropped_reports.inc()
        self._has_news.set()

    def publish_waiting(self) -> bool:
        """Publish what waits; return False if Redis does not take it now."""
        while self._waiting:
            report = self._waiting[0]
            try:
                publish_report(self._redis, report)
            except redis.RedisError as error:
                # A refusal, such as one by the users of an earlier release, is logged once.
                is_news = not is_away(error) and not self._is_refused
                self._is_refused |= is_news
                level = logging.WARNING if is_news else logging.DEBUG
                logger.log(level, "who was told cannot be published, and alerts go on: %s", why(error))
                return False
            self._is_refused = False
            # More may have come meanwhile, and pushed it out.
            if self._waiting and self._waiting[0] is report:
                self._waiting.popleft()
        return True

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stopping.is_set():
            self._has_news.wait(_REPORTS_LOOK_SECONDS)
            self._has_news.clear()
            try:
                is_done = self.publish_waiting()
            except Exception:
                # The edge of the thread: without it, nobody would see any more who was told.
                logger.exception("who was told cannot be published")
                is_done = False
            if is_done:
                backoff.reset()
            else:
                self._clock.wait(self._stopping, backoff.next_seconds())
                self._has_news.set()
        self.publish_waiting()
