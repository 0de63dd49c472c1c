"""The metrics of the proof of listening."""

import math
from collections.abc import Mapping
from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.alerter.proof.house_faults import PATIENCE
from tears.alerter.proof.self_test_rule import SelfTestOutcome
from tears.kit.streams.stage_metrics import LAG_BUCKETS_SECONDS, count_from_zero

HEARTBEAT_OUTCOMES = ("sent", "failed", "withheld")


class ProofMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        self.self_tests = counter(
            "tears_alerter_self_tests",
            "Cries played to the whole chain, by outcome: heard, late, unrecognised, missed (no answer), or forbidden "
            "(this user may not write them).",
            ["outcome"],
        )
        count_from_zero(self.self_tests, [outcome.value for outcome in SelfTestOutcome])
        self.self_test_score = gauge(
            "tears_alerter_self_test_score", "The score of the last cry that was played; NaN before the first."
        )
        self.self_test_score.set(math.nan)
        self.self_test_seconds = Histogram(
            "tears_alerter_self_test_seconds",
            "From playing a cry until its scores have come back.",
            buckets=LAG_BUCKETS_SECONDS,
            registry=registry,
        )
        self.house_faults = gauge(
            "tears_alerter_house_faults",
            "Faults that the parents were told and that are not over: self_test, clock, receiver, "
            "receivers_file, setting, or clipping.",
            ["fault"],
        )
        self.show_faults({})
        self.heartbeats = counter(
            "tears_alerter_heartbeats",
            "Heartbeats by outcome: sent, failed, or withheld (a stretch in which not all was well).",
            ["outcome"],
        )
        count_from_zero(self.heartbeats, HEARTBEAT_OUTCOMES)
        self.proof_failures = counter(
            "tears_alerter_proof_failures", "Rounds in which the proof of listening broke down."
        )

    def show_faults(self, numbers: Mapping[str, int]) -> None:
        """Show how many faults of each kind there are."""
        for fault in PATIENCE:
            self.house_faults.labels(fault.value).set(numbers.get(fault.value, 0))
