"""What `tears record` shows: a line for each microphone, from the metrics of the journal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from rich.table import Table
from rich.text import Text

from tears.kit.registry.mic_names import room_of_mic

# Field of `MicProgress` <- sample of the journal's metrics.
_SAMPLES = {
    "tears_journal_open_seconds": "open_seconds",
    "tears_journal_recorded_seconds_total": "recorded_seconds",
    "tears_journal_files_total": "files",
    "tears_journal_recorded_bytes_total": "recorded_bytes",
    "tears_journal_missing_seconds_total": "missing_seconds",
}


@dataclass
class MicProgress:
    """Figures of one microphone since the start of the journal."""

    state: str = ""
    open_seconds: float = 0.0
    recorded_seconds: float = 0.0
    files: float = 0
    recorded_bytes: float = 0
    missing_seconds: float = 0.0
    dropped_seconds: float = 0.0

    def words(self) -> str:
        """Return one line: what is in files, and what was lost."""
        files = f"{self.files:.0f} file{'' if self.files == 1 else 's'}"
        text = f"{_hours_minutes_seconds(self.recorded_seconds)} in {files}, {_size(self.recorded_bytes)}"
        if self.missing_seconds:
            text += f"; {self.missing_seconds:.1f} s never came"
        if self.dropped_seconds:
            text += f"; {self.dropped_seconds:.1f} s dropped"
        return text


def parse_progress(metrics: str) -> dict[str, MicProgress]:
    """Return the figures of each microphone from the text of the journal's /metrics."""
    mics: dict[str, MicProgress] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if not sample.name.startswith("tears_journal_") or "mic" not in sample.labels:
                continue
            mic = mics.setdefault(sample.labels["mic"], MicProgress())
            if sample.name in _SAMPLES:
                setattr(mic, _SAMPLES[sample.name], sample.value)
            elif sample.name == "tears_journal_state" and sample.value:
                mic.state = sample.labels["tears_journal_state"]
            elif sample.name == "tears_journal_dropped_seconds_total" and sample.labels["reason"] == "disk":
                mic.dropped_seconds = sample.value
    return mics


def progress_table(mics: Mapping[str, MicProgress], faults: Iterable[str]) -> Table:
    """Return a line for each microphone, and what is wrong."""
    table = Table.grid(padding=(0, 2))
    for name, mic in sorted(mics.items()):
        style = "green" if mic.state == "recording" else "yellow"
        table.add_row(
            Text(room_of_mic(name), "bold"), Text(mic.state, style), f"{mic.open_seconds:4.0f} s", mic.words()
        )
    for fault in faults:
        table.add_row(Text("!", "bold red"), Text(fault, "red"))
    return table


def _hours_minutes_seconds(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{second:02d}"


def _size(size_bytes: float) -> str:
    if size_bytes >= 2**30:
        return f"{size_bytes / 2**30:.2f} GiB"
    return f"{size_bytes / 2**20:.1f} MiB"
