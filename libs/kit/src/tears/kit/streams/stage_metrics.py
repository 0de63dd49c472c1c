"""The metrics of a consumer loop, declared once and named after the service that runs it."""

import itertools
from collections.abc import Iterable
from functools import partial
from typing import Literal, get_args

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

# From a fast handler (1 ms) to one that waited for a dependency (10 s).
HANDLING_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
# From "at once" to "the stage is far behind": the budget from sample to detection is 0.1 s.
LAG_BUCKETS_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
# How an entry ended: finished; buried; finished by another consumer or gone; left for the next start of this one; or
# given up because there was too much to do.
Outcome = Literal["done", "dead", "lost", "pending", "overloaded"]
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# Why an entry is tried again.
_RETRY_CAUSES = ("dependency", "error")


def count_from_zero(counter: Counter, *label_values: Iterable[str]) -> None:
    """Show each combination of labels at 0: Prometheus sees no increase in a counter that begins at 1."""
    for combination in itertools.product(*label_values):
        counter.labels(*combination)


class StageMetrics:
    """The metrics of a stage. `service` is the middle of each name: `tears_<service>_entries_total`."""

    def __init__(self, service: str, registry: CollectorRegistry = REGISTRY) -> None:
        prefix = f"tears_{service}"
        counter = partial(Counter, registry=registry)
        self.entries = counter(
            f"{prefix}_entries",
            "Stream entries by how they ended: done, dead, lost to another, pending (left for later), or overloaded "
            "(given up because there was too much to do).",
            ["outcome"],
        )
        count_from_zero(self.entries, _OUTCOMES)
        self.outputs = counter(f"{prefix}_outputs", "Messages that were written.")
        self.retries = counter(f"{prefix}_retries", "Repeated attempts, by cause.", ["cause"])
        count_from_zero(self.retries, _RETRY_CAUSES)
        self.claimed = counter(f"{prefix}_claimed_entries", "Entries taken over from dead consumers.")
        self.trimmed_unread = counter(
            f"{prefix}_trimmed_unread_entries",
            "Entries that were trimmed after they were drawn and before they were finished.",
        )
        self.groups_created = counter(
            f"{prefix}_groups_created", "Consumer groups made: at the first start, and after Redis lost its streams."
        )
        self.redis_failures = counter(f"{prefix}_redis_failures", "Calls that Redis did not answer.")
        self.paused_seconds = counter(f"{prefix}_paused_seconds", "Time spent waiting for the next stage to catch up.")
        self.in_flight = Gauge(f"{prefix}_in_flight_entries", "Entries that are being handled.", registry=registry)
        self.handling_seconds = Histogram(
            f"{prefix}_handling_seconds",
            "From the start of an entry until its acknowledgement.",
            buckets=HANDLING_BUCKETS_SECONDS,
            registry=registry,
        )
