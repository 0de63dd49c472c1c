"""Time the start of each process, and measure its memory with one room."""

import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from bench.bench_table import BenchTable, words_of
from bench.pipeline.source_tree import SourceTree
from bench.pipeline.started_pipeline import StartedPipeline
from tears.samples.scene import compose_scene
from tears.samples.scene_files import write_scene

# Until the first windows have passed every stage.
HEARD_SECONDS = 8.0
_SCENE_MINUTES = 2.0


@dataclass(frozen=True)
class ProcessStart:
    """How long each process took until it was ready, in s, and its memory, in MiB."""

    seconds: dict[str, float]
    pss_mib: dict[str, float]


def measure_starts(
    tree: SourceTree, times: int, console: Console, heard_seconds: float = HEARD_SECONDS
) -> list[ProcessStart]:
    """Start everything so many times, one process after the other, and listen to one room each time."""
    found = []
    for _ in track(range(times), f"starting {tree.name}", console=console, transient=True):
        with tempfile.TemporaryDirectory(prefix="tears-") as name:
            folder = Path(name)
            sound = write_scene(compose_scene(2, minutes=_SCENE_MINUTES), folder, "started")
            with StartedPipeline(tree, folder) as pipeline:
                pipeline.start_journal()
                pipeline.start_recorder(sound)
                # The recorder plays in real time meanwhile.
                time.sleep(heard_seconds)
                found.append(ProcessStart(dict(pipeline.start_seconds), pipeline.pss_mib()))
    return found


def starts_table(name: str, starts: Sequence[ProcessStart]) -> BenchTable:
    """Return a row for each process, with the medians."""
    rows = tuple(
        (
            process,
            words_of(statistics.median(start.seconds[process] for start in starts)),
            words_of(statistics.median(start.pss_mib[process] for start in starts)),
        )
        for process in starts[0].seconds
    )
    note = f"Medians of {len(starts)}: from exec to /readyz, one process after the other, and the memory with one room."
    return BenchTable(f"Starts and memory, {name}", ("process", "ready after s", "PSS MiB"), rows, note)
