"""The preprocessor's metrics, beside those of its loop in `StageMetrics`."""

from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.kit.streams.stage_metrics import LAG_BUCKETS_SECONDS, StageMetrics


class PreprocessorMetrics(StageMetrics):
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        super().__init__("preprocessor", registry)
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self.windows = counter("tears_preprocessor_windows", "Windows made.", ["mic"])
        self.tombstones = counter(
            "tears_preprocessor_tombstones",
            "Windows that could not be made, and ends of sessions, by reason.",
            ["mic", "reason"],
        )
        self.overloaded_windows = counter(
            "tears_preprocessor_overloaded_windows", "Windows given up because there was too much to do.", ["mic"]
        )
        self.repeated_chunks = counter(
            "tears_preprocessor_repeated_chunks", "Chunks whose samples had all come before.", ["mic"]
        )
        self.clipped_samples = counter(
            "tears_preprocessor_clipped_samples", "Native samples that the gain clipped.", ["mic"]
        )
        self.level_dbfs = gauge("tears_preprocessor_level_dbfs", "Level of the last chunk, before gain.", ["mic"])
        self.gain_db = gauge("tears_preprocessor_gain_db", "Gain of the last window.", ["mic"])
        self.lag_seconds = histogram(
            "tears_preprocessor_lag_seconds", "From a chunk's last sample to its windows.", buckets=LAG_BUCKETS_SECONDS
        )
