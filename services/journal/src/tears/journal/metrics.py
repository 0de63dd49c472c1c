"""The journal's metrics."""

import dataclasses

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Enum, Gauge, Histogram

from tears.journal.mic_report import MicReport, RecordingState
from tears.kit.streams.stage_metrics import LAG_BUCKETS_SECONDS


class JournalMetrics:
    """Declared once a process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.state = Enum(
            "tears_journal_state",
            "What happens to the sound of a microphone.",
            ["mic"],
            states=[state.value for state in RecordingState],
            registry=registry,
        )
        self.open_seconds = Gauge(
            "tears_journal_open_seconds", "Sound in memory that the next file will hold.", ["mic"], registry=registry
        )
        self.recorded_seconds = Counter(
            "tears_journal_recorded_seconds", "Sound that was written to files.", ["mic"], registry=registry
        )
        self.files = Counter("tears_journal_files", "Files that were written.", ["mic"], registry=registry)
        self.recorded_bytes = Counter(
            "tears_journal_recorded_bytes", "Size of the files that were written.", ["mic"], registry=registry
        )
        self.missing_seconds = Counter(
            "tears_journal_missing_seconds",
            "Sound that never came: the recorder dropped it, or Redis did before it was read.",
            ["mic"],
            registry=registry,
        )
        self.dropped_seconds = Counter(
            "tears_journal_dropped_seconds",
            "Sound that came and is in no file: the disk did not take it in time (disk), or FLAC cannot hold its "
            "format (format).",
            ["mic", "reason"],
            registry=registry,
        )
        self.unreadable_chunks = Counter(
            "tears_journal_unreadable_chunks", "Stream entries that are no chunks.", registry=registry
        )
        self.waiting_seconds = Gauge(
            "tears_journal_waiting_seconds", "Sound in memory that waits for the disk.", registry=registry
        )
        self.kept_bytes = Gauge("tears_journal_kept_bytes", "Size of all recordings in the folder.", registry=registry)
        self.deleted_files = Counter(
            "tears_journal_deleted_files", "Recordings that were deleted to stay within the limits.", registry=registry
        )
        self.redis_failures = Counter(
            "tears_journal_redis_failures", "Calls that Redis did not answer.", registry=registry
        )
        self.disk_failures = Counter(
            "tears_journal_disk_failures", "Files that the disk did not take at the first attempt.", registry=registry
        )
        self.lag_seconds = Histogram(
            "tears_journal_lag_seconds",
            "From the last sample of a file until the file is on the disk.",
            buckets=LAG_BUCKETS_SECONDS,
            registry=registry,
        )
        self._shown: dict[str, MicReport] = {}

    def show(self, mic: str, report: MicReport) -> None:
        """Bring the metrics of one microphone up to its report."""
        before = self._shown.get(mic, MicReport())
        for counter, total, counted in (
            (self.recorded_seconds.labels(mic), report.recorded_seconds, before.recorded_seconds),
            (self.files.labels(mic), report.files, before.files),
            (self.recorded_bytes.labels(mic), report.recorded_bytes, before.recorded_bytes),
            (self.missing_seconds.labels(mic), report.missing_seconds, before.missing_seconds),
            (self.dropped_seconds.labels(mic, "disk"), report.dropped_seconds, before.dropped_seconds),
            (self.dropped_seconds.labels(mic, "format"), report.unstorable_seconds, before.unstorable_seconds),
        ):
            counter.inc(total - counted)
        self.open_seconds.labels(mic).set(report.open_seconds)
        self.state.labels(mic).state(report.state.value)
        self._shown[mic] = dataclasses.replace(report)
