"""The preprocessor's metrics, beside those of its loop in `StageMetrics`."""

from __future__ import annotations

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from tears.kit.streams.stage_metrics import LAG_BUCKETS_SECONDS, StageMetrics


class PreprocessorMetrics(StageMetrics):
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        super().__init__("preprocessor", registry)
        self.windows = Counter("tears_preprocessor_windows", "Windows made.", ["mic"], registry=registry)
        self.tombstones = Counter(
            "tears_preprocessor_tombstones",
            "Windows that could not be made, and ends of sessions, by reason.",
            ["mic", "reason"],
            registry=registry,
        )
        self.repeated_chunks = Counter(
            "tears_preprocessor_repeated_chunks",
            "Chunks whose samples had all come before.",
            ["mic"],
            registry=registry,
        )
        self.clipped_samples = Counter(
            "tears_preprocessor_clipped_samples",
            "Native samples that the gain clipped.",
            ["mic"],
            registry=registry,
        )
        self.level_dbfs = Gauge(
            "tears_preprocessor_level_dbfs", "Level of the last chunk, before gain.", ["mic"], registry=registry
        )
        self.gain_db = Gauge("tears_preprocessor_gain_db", "Gain of the last window.", ["mic"], registry=registry)
        self.lag_seconds = Histogram(
            "tears_preprocessor_lag_seconds",
            "From a chunk's last sample to its windows.",
            buckets=LAG_BUCKETS_SECONDS,
            registry=registry,
        )
