"""The figures of teaching."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter


class TeachingMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.lessons = Counter(
            "tears_journal_lessons", "Lessons that were held, by what came of them.", ["result"], registry=registry
        )
        self.windows = Counter(
            "tears_journal_trial_windows",
            "Windows that a taught ear has scored beside the one in use.",
            registry=registry,
        )
        self.dropped_chunks = Counter(
            "tears_journal_trial_dropped_chunks",
            "Pieces of sound that a taught ear did not hear, because the model server was too slow.",
            registry=registry,
        )
        self.failures = Counter(
            "tears_journal_trial_failures", "Times that a trial paused: no model server, or no disk.", registry=registry
        )
