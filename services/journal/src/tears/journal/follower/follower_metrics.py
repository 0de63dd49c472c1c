"""The figures of the follower and of the history."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.kit.streams.stage_metrics import LAG_BUCKETS_SECONDS


class FollowerMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.lag_seconds = Histogram(
            "tears_journal_history_lag_seconds",
            "From the last sample of a window until the journal has read its score.",
            buckets=LAG_BUCKETS_SECONDS,
            registry=registry,
        )
        self.redis_failures = Counter(
            "tears_journal_unanswered_reads", "Reads of the history that Redis did not answer.", registry=registry
        )
        self.unreadable_entries = Counter(
            "tears_journal_unreadable_entries", "Stream entries that are no message.", ["stream"], registry=registry
        )
        self.untimed_windows = Counter(
            "tears_journal_untimed_windows",
            "Scores that are not in the history, because no clock could be right.",
            registry=registry,
        )
        self.listener_failures = Counter(
            "tears_journal_listener_failures",
            "Times that a part of the journal broke down when it was told what was heard.",
            registry=registry,
        )
        self.breakdowns = Counter(
            "tears_journal_follower_breakdowns",
            "Rounds of the follower that an error of the code ended.",
            registry=registry,
        )
        self.write_failures = Counter(
            "tears_journal_history_failures", "Times that the history could not be written.", registry=registry
        )
        self.dropped_notes = Counter(
            "tears_journal_history_dropped",
            "Hours and events that are not in the history, because the disk did not take them in time.",
            registry=registry,
        )
        self.history_bytes = Gauge("tears_journal_history_bytes", "Size of the history on the disk.", registry=registry)
