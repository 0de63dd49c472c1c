"""The phases of a training, and the learning rate of a step."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """A number of steps at one learning rate."""

    steps: int
    rate: float


def phases_of(steps: Sequence[int], rates: Sequence[float]) -> tuple[Phase, ...]:
    """Return the phases that `--how_many_training_steps` and `--learning_rate` describe.

    Raises:
        ValueError: The lists differ in length, there is no step, or a rate is 0.
    """
    if len(steps) != len(rates):
        raise ValueError(
            f"--how_many_training_steps has {len(steps)} phases ({', '.join(map(str, steps))}), --learning_rate "
            f"{len(rates)} ({', '.join(map(str, rates))}): give one rate for each phase"
        )
    if not sum(steps):
        raise ValueError("--how_many_training_steps: no phase has a step")
    if not all(rates):
        raise ValueError("--learning_rate: a rate must be above 0")
    return tuple(Phase(*phase) for phase in zip(steps, rates, strict=True))


def total_steps(phases: Sequence[Phase]) -> int:
    """Return the number of the last step; the first is 1."""
    return sum(phase.steps for phase in phases)


def rate_at(phases: Sequence[Phase], step: int) -> float:
    """Return the learning rate of a step.

    Args:
        phases: In their order.
        step: From 1 to `total_steps`.
    """
    end = 0
    for phase in phases:
        end += phase.steps
        if step <= end:
            return phase.rate
    raise ValueError(f"step {step} is after the last step, {end}")
