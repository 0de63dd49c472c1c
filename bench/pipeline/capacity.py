"""Find how many rooms are carried, and judge how costs grow with them: pure."""

from collections.abc import Callable, Sequence


def most_carried(is_carried: Callable[[int], bool], counts: Sequence[int], nearest: int) -> tuple[int, int | None]:
    """Return the greatest number of rooms that is carried, and the smallest that is not, to the nearest so many.

    The counts are tried in their order until one is not carried; the numbers between the last two are then halved. The
    second number is None if all are carried, and the first is 0 if none is.
    """
    carried, broken = 0, None
    for count in counts:
        if not is_carried(count):
            broken = count
            break
        carried = count
    while broken is not None and broken - carried > nearest:
        middle = carried + max(1, (broken - carried) // (2 * nearest)) * nearest
        if is_carried(middle):
            carried = middle
        else:
            broken = middle
    return carried, broken


def cost_growth(costs_ms: Sequence[tuple[int, float]]) -> float:
    """Return how much a window costs with the most rooms, beside the cheapest window of fewer but several rooms.

    Each pair is a number of rooms and the CPU time for each window. A single room pays alone for what every process
    does without any sound, so it is no measure.
    """
    several = sorted((rooms, cost_ms) for rooms, cost_ms in costs_ms if rooms > 1)
    return several[-1][1] / min(cost_ms for _, cost_ms in several)


def memory_growth_mib(memory_mib: Sequence[tuple[int, float]]) -> float:
    """Return the MiB that each room or replica adds, from pairs of their number and the memory."""
    (fewest, first), *_, (most, last) = sorted(memory_mib)
    return (last - first) / (most - fewest)
