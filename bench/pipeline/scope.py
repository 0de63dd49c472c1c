"""How much is measured: a quick look by default, and everything when it is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BenchScope:
    """The numbers of rooms, replicas and repeats.

    Attributes:
        rounds: how often the cost of a window is measured, in turns with its floor and with other sources.
        seconds: how long each run is measured, after warming up.
        counts: rooms of the table, each with each number of `replicas`.
        tried: rooms that are tried first to find where it breaks.
        nearest: how exactly that is found, in rooms.
        starts: how often the whole pipeline is started.
        growth_rooms, growth_replicas: what the growth is measured with.
        all_growth: whether each number of rooms meets each number of replicas; else the replicas meet the most rooms.
    """

    rounds: int
    seconds: int
    counts: tuple[int, ...]
    replicas: tuple[int, ...]
    tried: tuple[int, ...]
    nearest: int
    starts: int = 5
    growth_rooms: tuple[int, ...] = (1, 4, 16, 64)
    growth_replicas: tuple[int, ...] = (1, 2, 4)
    all_growth: bool = False

    def growth_points(self) -> list[tuple[int, int]]:
        """Return pairs of rooms and replicas."""
        most = max(self.growth_rooms)
        return [
            (rooms, replicas)
            for replicas in self.growth_replicas
            for rooms in self.growth_rooms
            if self.all_growth or replicas == min(self.growth_replicas) or rooms == most
        ]


QUICK = BenchScope(
    rounds=3,
    seconds=6,
    counts=(),
    replicas=(1, 2),
    tried=(160,),
    nearest=40,
    starts=3,
    growth_rooms=(1, 16, 64),
    growth_replicas=(1, 2),
)
FULL = BenchScope(
    rounds=5,
    seconds=12,
    counts=(1, 16, 40, 70, 100, 140, 160),
    replicas=(1, 2),
    tried=(160, 200, 240),
    nearest=20,
    all_growth=True,
)
