"""The classifier's metrics, beside those of its loop in `StageMetrics`."""

from functools import partial

import grpc
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.kit.streams.stage_metrics import HANDLING_BUCKETS_SECONDS, LAG_BUCKETS_SECONDS, StageMetrics, count_from_zero

# The code for an answer that is NaN or infinite.
NAN_FAILURE = "NOT_A_NUMBER"
PREDICT_FAILURES = (*(code.name for code in grpc.StatusCode if code is not grpc.StatusCode.OK), NAN_FAILURE)
SCORE_BUCKETS = tuple(step / 10 for step in range(1, 11))


class ClassifierMetrics(StageMetrics):
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        super().__init__("classifier", registry)
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.windows = counter("tears_classifier_windows", "Windows scored.", ["mic"])
        self.tombstones = counter("tears_classifier_tombstones", "Windows passed on without a score.", ["mic"])
        self.overloaded_windows = counter(
            "tears_classifier_overloaded_windows", "Windows given up because there was too much to do.", ["mic"]
        )
        self.scores = histogram("tears_classifier_score", "Scores by label.", ["mic", "label"], buckets=SCORE_BUCKETS)
        self.predict_seconds = histogram(
            "tears_classifier_predict_seconds",
            "Duration of a Predict request, measured at the client.",
            buckets=HANDLING_BUCKETS_SECONDS,
        )
        self.predict_failures = counter(
            "tears_classifier_predict_failures", "Requests without a usable answer, by status.", ["code"]
        )
        count_from_zero(self.predict_failures, PREDICT_FAILURES)
        self.model_version = gauge("tears_classifier_model_version", "The model version that answered last.")
        self.lag_seconds = histogram(
            "tears_classifier_lag_seconds", "From a window's last sample to its scores.", buckets=LAG_BUCKETS_SECONDS
        )
