"""The alerter's metrics."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.alerter.order.window_order import Fate
from tears.kit.messages import TombstoneReason
from tears.kit.streams.stage_metrics import HANDLING_BUCKETS_SECONDS, LAG_BUCKETS_SECONDS, count_from_zero

DEAD = "dead"
NOTIFICATIONS = ("delivered", "failed", "dropped", "outdated", "unconfigured")
# As `arrivals` words them.
REASONS = [reason.name.lower() for reason in TombstoneReason]


class AlerterMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.crying_seconds = Counter(
            "tears_alerter_crying_seconds", "Crying within episodes.", ["mic"], registry=registry
        )
        self.episodes = Counter("tears_alerter_episodes", "Episodes opened.", ["mic"], registry=registry)
        self.last_episode_seconds = Gauge(
            "tears_alerter_last_episode_seconds",
            "Length of the last episode that has ended; 0 before the first.",
            ["mic"],
            registry=registry,
        )
        self.ended_episodes = Counter(
            "tears_alerter_ended_episodes", "Episodes that have ended.", ["mic"], registry=registry
        )
        self.open_episodes = Gauge(
            "tears_alerter_open_episodes", "1 while an episode is open, else 0.", ["mic"], registry=registry
        )
        self.deaf = Gauge(
            "tears_alerter_deaf",
            "1 while a microphone that should be heard is not, else 0.",
            ["mic"],
            registry=registry,
        )
        self.expected = Gauge(
            "tears_alerter_expected",
            "1 while a microphone should be heard; 0 once its recorder has ended in good order, until the next begins.",
            ["mic"],
            registry=registry,
        )
        self.score = Gauge(
            "tears_alerter_score", "The last cry score; NaN where the last window had none.", ["mic"], registry=registry
        )
        self.detections = Counter(
            "tears_alerter_detections",
            "Detections by what became of them: taken, duplicate, late (its hole was given up), stale (of a session "
            "that has ended), or dead (unreadable).",
            ["outcome"],
            registry=registry,
        )
        count_from_zero(self.detections, [*(fate.value for fate in Fate), DEAD])
        self.tombstones = Counter(
            "tears_alerter_tombstones", "Windows without a score, by reason.", ["mic", "reason"], registry=registry
        )
        self.missing_windows = Counter(
            "tears_alerter_missing_windows", "Windows that never came and were given up.", ["mic"], registry=registry
        )
        self.held_detections = Gauge(
            "tears_alerter_held_detections", "Detections that wait behind a missing one.", ["mic"], registry=registry
        )
        self.trimmed_unread = Counter(
            "tears_alerter_trimmed_unread_detections",
            "Detections that were trimmed before they were read.",
            registry=registry,
        )
        self.stream_restarts = Counter(
            "tears_alerter_stream_restarts",
            "How often the stream was read from its beginning since Redis had lost it.",
            registry=registry,
        )
        self.notifications = Counter(
            "tears_alerter_notifications",
            "Attempts to tell, by outcome: delivered or failed; and notices that were dropped: for want of room "
            "(dropped), since a newer word on the same thing was told (outdated), or since their receiver is "
            "configured no more (unconfigured).",
            ["outcome"],
            registry=registry,
        )
        count_from_zero(self.notifications, NOTIFICATIONS)
        self.outbox_rows = Gauge(
            "tears_alerter_outbox_rows", "What waits to be handed on: events and notices.", ["kind"], registry=registry
        )
        self.dropped_events = Counter(
            "tears_alerter_dropped_events",
            "Events for the stream that were dropped for want of room.",
            registry=registry,
        )
        self.redis_failures = Counter(
            "tears_alerter_redis_failures", "Calls that Redis did not answer.", registry=registry
        )
        self.redis_memory_bytes = Gauge(
            "tears_alerter_redis_memory_bytes", "Memory that Redis has taken for what it holds.", registry=registry
        )
        self.redis_memory_limit_bytes = Gauge(
            "tears_alerter_redis_memory_limit_bytes",
            "Memory that Redis may take for what it holds; 0: it has no limit.",
            registry=registry,
        )
        self.state_failures = Counter(
            "tears_alerter_state_failures", "Commits that the state file did not take.", registry=registry
        )
        self.commit_seconds = Histogram(
            "tears_alerter_commit_seconds",
            "One commit of the state file.",
            buckets=HANDLING_BUCKETS_SECONDS,
            registry=registry,
        )
        self.lag_seconds = Histogram(
            "tears_alerter_lag_seconds",
            "From a window's last sample until it has been judged and what came of it is saved.",
            buckets=LAG_BUCKETS_SECONDS,
            registry=registry,
        )

    def expect(self, mic: str) -> None:
        """Shows a microphone's counters before there is anything to count."""
        for counter in (self.crying_seconds, self.episodes, self.ended_episodes, self.missing_windows):
            counter.labels(mic)
        count_from_zero(self.tombstones, [mic], REASONS)
        self.last_episode_seconds.labels(mic)
