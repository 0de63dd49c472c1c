"""The pipeline with many rooms: what they cost, how many are carried, and how costs grow with them."""

from collections.abc import Mapping, Sequence
from functools import partial

from rich.console import Console

from bench.bench_figure import BenchFigure
from bench.bench_table import BenchTable, words_of
from bench.floor.stage_costs import StageCosts, cost_figures, cost_tables, measure_costs
from bench.pipeline.capacity import cost_growth, memory_growth_mib, most_carried
from bench.pipeline.rooms import FedRooms, listen_to_rooms
from bench.pipeline.scope import BenchScope
from bench.pipeline.source_tree import SourceTree
from bench.pipeline.starts import measure_starts, starts_table

BAR_ROOMS = 160
BAR_COST_GROWTH = 1.15
# The 16 chunks that the feeder lets Redis keep for a room are 1.5 MiB.
BAR_REDIS_ROOM_MIB = 2.5
BAR_SERVICES_ROOM_MIB = 1.0
# A preprocessor and a classifier, of 40 MiB each at most.
BAR_REPLICA_MIB = 80.0
# Two replicas are never worse than one, but for what two runs differ by anyway.
BAR_TWO_REPLICAS_DELAY = 1.2


class RoomsBook:
    """All runs of some sources, each of which is made once."""

    def __init__(self, tree: SourceTree, seconds: int, console: Console) -> None:
        """Make no run yet."""
        self.tree = tree
        self._seconds = seconds
        self._console = console
        self._runs: dict[tuple[int, int], FedRooms] = {}

    def add(self, run: FedRooms) -> None:
        """Add a run that was made elsewhere."""
        self._runs[run.replicas, run.rooms] = run

    def run(self, rooms: int, replicas: int) -> FedRooms:
        """Return the run with so many rooms and replicas; make it if there is none."""
        if (replicas, rooms) not in self._runs:
            self._console.print(f"feeding {rooms} rooms ({self.tree.name}, replicas: {replicas})")
            self.add(listen_to_rooms(self.tree, rooms, replicas, self._seconds))
        return self._runs[replicas, rooms]

    def is_carried(self, replicas: int, rooms: int) -> bool:
        """Return whether so many replicas carry so many rooms."""
        return self.run(rooms, replicas).is_carried

    def runs(self) -> list[FedRooms]:
        """Return all runs, by replicas and rooms."""
        return [run for _, run in sorted(self._runs.items())]


def measure(
    trees: Sequence[SourceTree], scope: BenchScope, console: Console
) -> tuple[list[BenchFigure], list[BenchTable]]:
    """Return the figures of the last of these sources, and the tables of all."""
    costs = measure_costs(trees, scope.rounds, scope.seconds, console)
    books = [_filled_book(tree, costs, scope, console) for tree in trees]
    carried = {book.tree.name: _carried(book, scope) for book in books}
    book = books[-1]
    figures = [
        *cost_figures(costs, book.tree.name),
        carried_figure(carried[book.tree.name]),
        *growth_figures([book.run(rooms, 1) for rooms in scope.growth_rooms]),
        *replica_figures([book.run(max(scope.growth_rooms), replicas) for replicas in scope.growth_replicas]),
    ]
    tables = [
        *cost_tables(costs),
        *(rooms_table(book.tree.name, book.runs(), carried[book.tree.name]) for book in books),
        *(cpu_table(book.tree.name, book.runs()) for book in books),
        *(starts_table(tree.name, measure_starts(tree, scope.starts, console)) for tree in trees),
    ]
    return figures, tables


def _filled_book(tree: SourceTree, costs: StageCosts, scope: BenchScope, console: Console) -> RoomsBook:
    book = RoomsBook(tree, scope.seconds, console)
    judged = sorted(costs.runs[tree.name], key=lambda run: run.delays[1])
    book.add(judged[len(judged) // 2])
    for replicas in scope.replicas:
        for rooms in scope.counts:
            book.run(rooms, replicas)
    for rooms, replicas in scope.growth_points():
        book.run(rooms, replicas)
    return book


def _carried(book: RoomsBook, scope: BenchScope) -> dict[int, tuple[int, int | None]]:
    """Return the most rooms carried and the fewest not carried, by replicas."""
    found = {}
    for replicas in scope.replicas:
        found[replicas] = most_carried(partial(book.is_carried, replicas), scope.tried, scope.nearest)
    return found


def carried_figure(carried: Mapping[int, tuple[int, int | None]]) -> BenchFigure:
    """Return how many rooms two cores carry with the number of replicas that carries the most."""
    most = max(rooms for rooms, _ in carried.values())
    return BenchFigure(
        "rooms that two cores carry", most, "rooms", BAR_ROOMS, at_least=True, note=carried_words(carried)
    )


def carried_words(carried: Mapping[int, tuple[int, int | None]]) -> str:
    """Say where each number of replicas breaks."""
    words = []
    for replicas, (rooms, broken) in carried.items():
        breaks = "none tried is too many" if broken is None else f"{broken} are too many"
        words.append(f"{replicas} of each service: {rooms} carried, {breaks}")
    return "; ".join(words)


def growth_figures(runs: Sequence[FedRooms]) -> list[BenchFigure]:
    """Judge how CPU time and memory grow with the rooms of one replica."""
    services = [(run.rooms, sum(mib for stage, mib in run.pss_mib.items() if stage != "redis")) for run in runs]
    growth = cost_growth([(run.rooms, run.total_ms) for run in runs])
    most = max(run.rooms for run in runs)
    return [
        BenchFigure(f"CPU of a window, {most} rooms beside fewer", growth, "times", BAR_COST_GROWTH),
        BenchFigure(
            "memory that a room adds to Redis",
            memory_growth_mib([(run.rooms, run.redis_mib) for run in runs]),
            "MiB",
            BAR_REDIS_ROOM_MIB,
        ),
        BenchFigure(
            "memory that a room adds to all services", memory_growth_mib(services), "MiB", BAR_SERVICES_ROOM_MIB
        ),
    ]


def replica_figures(runs: Sequence[FedRooms]) -> list[BenchFigure]:
    """Judge what more replicas cost and bring, with the same rooms."""
    fewest, two, *_ = sorted(runs, key=lambda run: run.replicas)
    mib = [(run.replicas, sum(run.pss_mib.values())) for run in runs]
    note = f"{two.delays[1]:.0f} and {fewest.delays[1]:.0f} ms with {two.rooms} rooms"
    what = f"p95 of the delay, {two.replicas} replicas beside {fewest.replicas}"
    return [
        BenchFigure("memory that a replica of both services adds", memory_growth_mib(mib), "MiB", BAR_REPLICA_MIB),
        BenchFigure(what, two.delays[1] / fewest.delays[1], "times", BAR_TWO_REPLICAS_DELAY, note=note),
    ]


def rooms_table(name: str, runs: Sequence[FedRooms], carried: Mapping[int, tuple[int, int | None]]) -> BenchTable:
    """Return a row for each run: the delays, and the memory."""
    heads = ("rooms", "replicas", "p50 ms", "p95 ms", "p99 ms", "done", "Redis MiB", "services MiB")
    rows = tuple(
        (
            str(run.rooms),
            str(run.replicas),
            *(f"{delay:.0f}" for delay in run.delays),
            f"{run.done_share:.0%}",
            words_of(run.redis_mib),
            words_of(sum(mib for stage, mib in run.pss_mib.items() if stage != "redis")),
        )
        for run in runs
    )
    return BenchTable(f"Rooms on two cores, {name}", heads, rows, f"Carried: {carried_words(carried)}.")


def cpu_table(name: str, runs: Sequence[FedRooms]) -> BenchTable:
    """Return a row for each run: what a window cost each stage, and a chunk the feeder."""
    stages = tuple(runs[0].cost_ms)
    rows = tuple(
        (
            str(run.rooms),
            str(run.replicas),
            words_of(run.total_ms),
            *(words_of(run.cost_ms[stage]) for stage in stages),
            words_of(run.feeder_ms),
        )
        for run in runs
    )
    heads = ("rooms", "replicas", "all", *stages, "(feeder)")
    note = "CPU time in ms: for each window, and for each chunk of the feeder, which is not counted in 'all'."
    return BenchTable(f"CPU of a window on two cores, {name}", heads, rows, note)
