"""Measure what a window costs each stage beside its floor, and beside earlier sources: medians, all in turns."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.progress import track

from bench.bench_figure import BenchFigure
from bench.bench_table import BenchTable, words_of
from bench.floor.floor_parts import STAGE_PARTS, floor_ms, stage_floors_ms
from bench.pipeline.rooms import CARRIED_SHARE, FedRooms, listen_to_rooms
from bench.pipeline.source_tree import SourceTree

JUDGED_ROOMS = 40
BAR_TIMES_FLOOR = 1.8
BAR_FORTY_ROOMS_MILLISECONDS = 60.0
# These limits were set on a machine where bare soxr takes 1.0 ms for a window. On another one, or a busy one, all but
# the invoke() of the model is allowed that much more or less.
SOXR_MILLISECONDS = 1.0
BAR_ABOVE_INVOKE_MILLISECONDS = 8.7  # 12 ms in all, where invoke() took 3.3
BAR_PREPROCESSOR_MILLISECONDS = 2.5
BAR_CLASSIFIER_MILLISECONDS = 1.5
BAR_SERVER_ABOVE_INVOKE_MILLISECONDS = 1.0


@dataclass(frozen=True)
class StageCosts:
    """The medians of all rounds.

    Attributes:
        floor_parts: CPU time of the parts that no window can do without, in ms.
        runs: the runs with `JUDGED_ROOMS` by the name of their sources.
    """

    floor_parts: Mapping[str, float]
    runs: Mapping[str, Sequence[FedRooms]]

    @property
    def floors(self) -> dict[str, float]:
        """Return the floor of each stage, in ms."""
        return stage_floors_ms(self.floor_parts)

    def cost(self, name: str, stage: str) -> float:
        """Return what a window costs a stage of these sources, in ms."""
        return statistics.median(run.cost_ms[stage] for run in self.runs[name])

    def total(self, name: str) -> float:
        """Return what a window costs these sources in all, in ms."""
        return statistics.median(run.total_ms for run in self.runs[name])


def measure_costs(trees: Sequence[SourceTree], rounds: int, seconds: int, console: Console) -> StageCosts:
    """Measure the floor and each tree in turns, the earlier sources first."""
    floors: list[dict[str, float]] = []
    runs: dict[str, list[FedRooms]] = {tree.name: [] for tree in trees}
    for _ in track(range(rounds), "a window beside its floor", console=console, transient=True):
        floors.append(floor_ms(trees[-1].newest_model))
        for tree in trees:
            runs[tree.name].append(listen_to_rooms(tree, JUDGED_ROOMS, 1, seconds))
    parts = {part: statistics.median(floor[part] for floor in floors) for part in floors[0]}
    return StageCosts(parts, runs)


def cost_figures(costs: StageCosts, name: str) -> list[BenchFigure]:
    """Return the figures with limits for these sources."""
    floor, total, invoke = sum(costs.floors.values()), costs.total(name), costs.floor_parts["invoke"]
    speed = costs.floor_parts["soxr"] / SOXR_MILLISECONDS
    limits = {
        "preprocessor": speed * BAR_PREPROCESSOR_MILLISECONDS,
        "classifier": speed * BAR_CLASSIFIER_MILLISECONDS,
        "model server": invoke + speed * BAR_SERVER_ABOVE_INVOKE_MILLISECONDS,
    }
    by_stage = ", ".join(f"{stage} {costs.cost(name, stage):.1f}" for stage in STAGE_PARTS)
    done = min(run.done_share for run in costs.runs[name])
    if done < CARRIED_SHARE:
        by_stage += f"; in one run only {done:.0%} of the windows had scores: the machine is too busy to measure"
    whole_limit = invoke + speed * BAR_ABOVE_INVOKE_MILLISECONDS
    delay = statistics.median(run.delays[1] for run in costs.runs[name])
    return [
        BenchFigure("CPU of a window over all stages", total, "ms", round(whole_limit, 2), note=by_stage),
        BenchFigure("the same beside its floor", total / floor, "times", BAR_TIMES_FLOOR, note=f"floor {floor:.1f} ms"),
        *(
            BenchFigure(f"CPU of a window, {stage}", costs.cost(name, stage), "ms", round(limit, 2))
            for stage, limit in limits.items()
        ),
        BenchFigure(f"delay with {JUDGED_ROOMS} rooms, p95", delay, "ms", BAR_FORTY_ROOMS_MILLISECONDS),
    ]


def cost_tables(costs: StageCosts) -> list[BenchTable]:
    """Return each stage beside its floor and beside earlier sources, and the parts of the floor."""
    *earlier, now = costs.runs
    rows = [
        (stage, floor, costs.cost(now, stage), [costs.cost(name, stage) for name in earlier])
        for stage, floor in costs.floors.items()
    ]
    rows.append(("all", sum(costs.floors.values()), costs.total(now), [costs.total(name) for name in earlier]))
    heads: tuple[str, ...] = ("stage", "floor ms", "now ms", "times its floor")
    heads += tuple(head for name in earlier for head in (f"{name} ms", f"times {name}"))
    feeder = statistics.median(run.feeder_ms for run in costs.runs[now])
    note = (
        f"CPU time for a window with {JUDGED_ROOMS} rooms and one replica: medians of {len(costs.runs[now])} runs, "
        f"which took turns. Feeding took {feeder:.2f} ms more for each chunk, which is no part of the pipeline."
    )
    return [
        BenchTable("What a window costs", heads, tuple(ratio_row(*row) for row in rows), note),
        BenchTable(
            "The floor",
            ("stage", "part", "ms"),
            tuple((stage, part, words_of(costs.floor_parts[part])) for stage, of in STAGE_PARTS.items() for part in of),
            "The least CPU time for a window: this work, with nothing around it.",
        ),
    ]


def ratio_row(stage: str, floor: float, cost: float, earlier: Sequence[float]) -> tuple[str, ...]:
    """Return a row: the stage, its floor, its cost, the two compared, and each earlier cost with ours compared."""
    compared = [cell for before in earlier for cell in (words_of(before), words_of(cost / before))]
    return (stage, words_of(floor), words_of(cost), words_of(cost / floor), *compared)
