"""The metrics of who comes in, and who does not."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter


class AccessMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.logins = Counter(
            "tears_journal_logins",
            "Attempts to log in: the password was right (right) or wrong (wrong), or was not looked at because there "
            "had been too many wrong ones (refused).",
            ["outcome"],
            registry=registry,
        )
        self.refused_connections = Counter(
            "tears_journal_refused_connections",
            "Connections to the pages that were closed: no request came in time (slow), or another one needed the "
            "place (many).",
            ["reason"],
            registry=registry,
        )
        # Counters that begin at zero show their first increase.
        for outcome in ("right", "wrong", "refused"):
            self.logins.labels(outcome)
        for reason in ("slow", "many"):
            self.refused_connections.labels(reason)
