"""The figures of each microphone, and the journal's metrics."""

import dataclasses
import enum
from dataclasses import dataclass
from functools import partial

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Enum, Gauge, Histogram

from tears.kit.streams.stage_metrics import LAG_BUCKETS_SECONDS


class RecordingState(enum.Enum):
    """What happens to the sound of a microphone."""

    RECORDING = "recording"
    WAITING = "waiting for sound"
    BAD_NAME = "no name for a folder"


@dataclass
class MicReport:
    """Figures of one microphone since the start of this process; the metrics explain those of the same name.

    `unstorable_seconds` is sound that was dropped because FLAC cannot hold its format.
    """

    state: RecordingState = RecordingState.WAITING
    open_seconds: float = 0.0
    recorded_seconds: float = 0.0
    files: int = 0
    recorded_bytes: int = 0
    missing_seconds: float = 0.0
    dropped_seconds: float = 0.0
    unstorable_seconds: float = 0.0


class JournalMetrics:
    """Declared once per process."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        counter = partial(Counter, registry=registry)
        gauge = partial(Gauge, registry=registry)
        self.state = Enum(
            "tears_journal_state",
            "What happens to the sound of a microphone.",
            ["mic"],
            states=[state.value for state in RecordingState],
            registry=registry,
        )
        self.page = gauge("tears_journal_page", "1 for the address of the page, to which the dashboards link.", ["url"])
        self.open_seconds = gauge(
            "tears_journal_open_seconds", "Sound in memory that the next file will hold.", ["mic"]
        )
        self.recorded_seconds = counter("tears_journal_recorded_seconds", "Sound that was written to files.", ["mic"])
        self.files = counter("tears_journal_files", "Files that were written.", ["mic"])
        self.recorded_bytes = counter("tears_journal_recorded_bytes", "Size of the files that were written.", ["mic"])
        self.missing_seconds = counter(
            "tears_journal_missing_seconds",
            "Sound that never came: the recorder dropped it, or Redis did before it was read.",
            ["mic"],
        )
        self.dropped_seconds = counter(
            "tears_journal_dropped_seconds",
            "Sound that came and is in no file: the disk did not take it in time (disk), or FLAC cannot hold its "
            "format (format).",
            ["mic", "reason"],
        )
        self.unreadable_chunks = counter("tears_journal_unreadable_chunks", "Stream entries that are no chunks.")
        self.waiting_seconds = gauge("tears_journal_waiting_seconds", "Sound in memory that waits for the disk.")
        self.kept_bytes = gauge("tears_journal_kept_bytes", "Size of all recordings in the folder.")
        self.deleted_files = counter(
            "tears_journal_deleted_files", "Recordings that were deleted to stay within the limits."
        )
        self.redis_failures = counter("tears_journal_redis_failures", "Calls that Redis did not answer.")
        self.disk_failures = counter(
            "tears_journal_disk_failures", "Files that the disk did not take at the first attempt."
        )
        self.lag_seconds = Histogram(
            "tears_journal_lag_seconds",
            "From the last sample of a file until the file is on the disk.",
            buckets=LAG_BUCKETS_SECONDS,
            registry=registry,
        )
        self.clips = counter(
            "tears_journal_clips",
            "Clips by what they are of and by what became of them: kept, no_sound (Redis did not hold it any more), "
            "failed (the disk did not take it), or dropped (too many at once, or an id that no file can have).",
            ["of", "outcome"],
        )
        self.clips_bytes = gauge("tears_journal_clips_bytes", "Size of all clips, with what was made of them.")
        self.deleted_clips = counter(
            "tears_journal_deleted_clips", "Clips that were deleted to stay within the limits."
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
