"""Give the pipeline more rooms than it can do, then few: `python -m bench.pipeline.overload [ROOMS [REPLICAS...]]`.

It has one core, so that a machine with two is far beyond its capacity, and the feeder has the other one.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from rich.console import Console

from bench.bench_figure import BenchFigure, report
from bench.pipeline.fed_rooms import fed_mic, feed_command
from bench.pipeline.rooms import quantiles_of
from bench.pipeline.source_tree import CHECKOUT_ROOT, SourceTree, this_checkout
from bench.pipeline.started_pipeline import StartedPipeline
from bench.pipeline.two_cores import one_core, two_cores
from tears.kit.messages import Detection, TombstoneReason
from tears.kit.streams.names import BODY, DETECTIONS_STREAM

OVERLOAD_ROOMS = 200
OVERLOAD_REPLICAS = (1, 2)
OVERLOAD_RUN_SECONDS = 45
CALM_ROOMS = 4
CALM_SECONDS = 35  # more than the recovery may take
BAR_LAG_SECONDS = 10.0
BAR_RECOVERY_SECONDS = 30.0
BAR_SHARES_APART = 0.2
# Two replicas are never worse than one, but for what two runs differ by anyway.
BAR_SCORED_BESIDE_ONE = 0.9
# A window that is done within this time is in time again.
_IN_TIME_SECONDS = 1.0
# The first windows of a run come while the processes warm up.
_SETTLED_AFTER_SECONDS = 15.0
_CALM_SESSION = "calm"


@dataclass(frozen=True, slots=True)
class SeenWindow:
    """A window in the stream of detections; times are seconds of the wall clock of the machine."""

    mic: str
    session: str
    end_seconds: float
    captured_at_seconds: float
    came_at_seconds: float
    is_given_up: bool
    is_scored: bool


@dataclass(frozen=True)
class OverloadRun:
    """The result of a run.

    Attributes:
        lag_seconds: p95 from a window's last sample to its score, while there was too much to do.
        scored_share: the share of the windows that were scored then, 0 to 1; the others were given up.
        scored_per_second: how many those were in a second.
        shares_apart: how far the room with the fewest or the most scores is from the average, as a part of it.
        unaccounted: how many windows have neither a score nor a tombstone.
        recovery_seconds: how long after the load had fallen a window was last late or given up.
    """

    rooms: int
    replicas: int
    lag_seconds: float
    scored_share: float
    scored_per_second: float
    shares_apart: float
    unaccounted: int
    recovery_seconds: float


def overload(
    tree: SourceTree, rooms: int = OVERLOAD_ROOMS, replicas: int = 1, seconds: int = OVERLOAD_RUN_SECONDS
) -> OverloadRun:
    """Feed so many rooms, then a few of them, and return what was measured on one core."""
    with two_cores(), tempfile.TemporaryDirectory(prefix="tears-") as name, ExitStack() as stack:
        with one_core():
            pipeline = stack.enter_context(StartedPipeline(tree, Path(name), replicas))
        client = stack.enter_context(pipeline.client())
        for command in (
            feed_command(pipeline.url, rooms, seconds),
            feed_command(pipeline.url, CALM_ROOMS, CALM_SECONDS, _CALM_SESSION),
        ):
            subprocess.run(command, cwd=CHECKOUT_ROOT, check=True, stdout=subprocess.DEVNULL)
        return judge_run(_seen_windows(client), rooms, replicas, seconds)


def judge_run(windows: Sequence[SeenWindow], rooms: int, replicas: int, seconds: int) -> OverloadRun:
    """Return the result of a run from the windows that were seen."""
    loaded = [
        window for window in windows if window.session != _CALM_SESSION and window.end_seconds > _SETTLED_AFTER_SECONDS
    ]
    scored = [window for window in loaded if window.is_scored]
    counts = Counter({fed_mic(room): 0 for room in range(rooms)})
    counts.update(window.mic for window in scored)
    fair = max(1.0, len(scored) / rooms)
    calm = [window for window in windows if window.session == _CALM_SESSION]
    began_seconds = min((window.captured_at_seconds - window.end_seconds for window in calm), default=float("nan"))
    late = [
        window.captured_at_seconds - began_seconds
        for window in calm
        if window.is_given_up or window.came_at_seconds - window.captured_at_seconds > _IN_TIME_SECONDS
    ]
    lags = [window.came_at_seconds - window.captured_at_seconds for window in scored]
    return OverloadRun(
        rooms=rooms,
        replicas=replicas,
        lag_seconds=quantiles_of(lags)[1],
        scored_share=len(scored) / max(1, len(loaded)),
        scored_per_second=len(scored) / (seconds - _SETTLED_AFTER_SECONDS),
        shares_apart=max(abs(count - fair) / fair for count in counts.values()),
        unaccounted=rooms * (seconds - int(_SETTLED_AFTER_SECONDS)) - len(loaded),
        recovery_seconds=max(late, default=0.0) if calm else float("inf"),
    )


def measure(
    tree: SourceTree, rooms: int = OVERLOAD_ROOMS, replicas: Sequence[int] = OVERLOAD_REPLICAS
) -> list[BenchFigure]:
    """Return the figures of a run with each of these numbers of replicas, and of the last beside the first."""
    runs = [overload(tree, rooms, count) for count in replicas]
    return [*(figure for run in runs for figure in run_figures(run)), *replica_figures(runs[0], runs[-1])]


def run_figures(run: OverloadRun) -> list[BenchFigure]:
    """Return the figures of a run that have limits."""
    what = f"{run.rooms} rooms, {run.replicas} replicas"
    note = f"{run.scored_share:.0%} scored, {run.scored_per_second:.0f} a second"
    return [
        BenchFigure(f"{what}: lag of what is scored, p95", run.lag_seconds, "s", BAR_LAG_SECONDS, note=note),
        BenchFigure(f"{what}: windows without a score or a tombstone", run.unaccounted, "", 0.0),
        BenchFigure(f"{what}: a room's share, from the average", run.shares_apart, "", BAR_SHARES_APART),
        BenchFigure(f"{what}: in time again after the load", run.recovery_seconds, "s", BAR_RECOVERY_SECONDS),
    ]


def replica_figures(fewer: OverloadRun, more: OverloadRun) -> list[BenchFigure]:
    """Return how more replicas compare with fewer; nothing for one and the same run."""
    if more.replicas == fewer.replicas:
        return []
    what = f"{more.rooms} rooms: scored with {more.replicas} replicas beside {fewer.replicas}"
    beside = more.scored_per_second / max(1.0, fewer.scored_per_second)
    return [BenchFigure(what, beside, "times", BAR_SCORED_BESIDE_ONE, at_least=True)]


def _seen_windows(client: redis.Redis) -> list[SeenWindow]:
    found = []
    entries: Any = client.xrange(DETECTIONS_STREAM)
    for entry_id, fields in entries:
        detection = Detection.decode(fields[BODY])
        header, tombstone = detection.header, detection.tombstone
        found.append(
            SeenWindow(
                mic=header.mic,
                session=header.session,
                end_seconds=header.end_seconds,
                captured_at_seconds=header.captured_at_seconds,
                came_at_seconds=int(entry_id.partition(b"-")[0]) / 1e3,
                is_given_up=tombstone is not None and tombstone.reason is TombstoneReason.OVERLOADED,
                is_scored=tombstone is None,
            )
        )
    return found


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rooms", type=int, nargs="?", default=OVERLOAD_ROOMS)
    parser.add_argument("replicas", type=int, nargs="*", default=OVERLOAD_REPLICAS)
    asked = parser.parse_args()
    return report(measure(this_checkout(), asked.rooms, asked.replicas), Console())


if __name__ == "__main__":
    sys.exit(main())
