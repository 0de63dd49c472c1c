"""The metrics of what is shown and heard now."""

from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge


class LiveMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        gauge = partial(Gauge, registry=registry)
        self.listeners = gauge("tears_journal_listeners", "Pages that play the sound of a room now.")
        self.watchers = gauge("tears_journal_watchers", "Pages that show the rooms as they are now.")
        self.dropped_pieces = Counter(
            "tears_journal_dropped_pieces",
            "Pieces of live sound, of about a second, that were left out: a listener was behind (listener), or the "
            "encoder (encoder), more came at once than can be played (burst), or it cannot be encoded (format).",
            ["reason"],
            registry=registry,
        )
