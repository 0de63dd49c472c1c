import io

from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console

from tears.cli.recording.progress import MicProgress, parse_progress, progress_table
from tears.journal.metrics import JournalMetrics, MicReport, RecordingState


def printed(mics: dict[str, MicProgress], faults: list[str]) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(progress_table(mics, faults))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_line_shows_what_was_recorded_and_what_was_lost() -> None:
    mics = {
        "nursery": MicProgress("recording", 12.3, 3_787.0, 127, 3 * 1024**2, 2.5, 30.0),
        "kitchen": MicProgress("waiting for sound"),
    }
    kitchen, nursery, fault = printed(mics, ["the disk is full"])
    assert "waiting for sound" in kitchen
    for part in ("recording", "12 s", "1:03:07 in 127 files, 3.0 MiB", "2.5 s never came", "30.0 s dropped"):
        assert part in nursery
    assert "the disk is full" in fault


def test_figures_are_shown_with_their_units() -> None:
    assert (
        MicProgress(recorded_seconds=59.9, files=1, recorded_bytes=5 * 1024**3).words() == "0:00:59 in 1 file, 5.00 GiB"
    )
    assert MicProgress().words() == "0:00:00 in 0 files, 0.0 MiB"


def test_the_figures_are_those_of_the_journals_metrics() -> None:
    registry = CollectorRegistry()
    metrics = JournalMetrics(registry)
    metrics.show("kitchen", MicReport())
    metrics.show("nursery", MicReport(RecordingState.RECORDING, 1.0, 2.0, 3, 4, 5.0, 6.0, 7.0))
    metrics.show("nursery", MicReport(RecordingState.RECORDING, 12.3, 60.0, 30, 400, 5.5, 6.5, 7.5))
    assert parse_progress(generate_latest(registry).decode()) == {
        "kitchen": MicProgress("waiting for sound"),
        "nursery": MicProgress("recording", 12.3, 60.0, 30, 400, 5.5, 6.5),
    }
