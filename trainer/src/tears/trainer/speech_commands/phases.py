"""Parse the phases of a training, and find the learning rate of a step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """A number of steps at one learning rate."""

    steps: int
    rate: float


def parse_phases(steps: str, rates: str) -> tuple[Phase, ...]:
    """Parse `--how_many_training_steps` and `--learning_rate`, e.g. ``1000,200`` and ``0.001,0.0001``.

    Raises:
        ValueError: The lists differ in length, or a number is not a count of steps or not a rate.
    """
    counts, values = steps.split(","), rates.split(",")
    if len(counts) != len(values):
        raise ValueError(
            f"--how_many_training_steps has {len(counts)} phases ({steps}), --learning_rate {len(values)} ({rates}): "
            "give one rate for each phase"
        )
    phases = tuple(Phase(_steps(count), _rate(value)) for count, value in zip(counts, values, strict=True))
    if not total_steps(phases):
        raise ValueError("--how_many_training_steps: no phase has a step")
    return phases


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


def _steps(text: str) -> int:
    try:
        steps = int(text)
    except ValueError:
        raise ValueError(f"--how_many_training_steps: {text!r} is not a whole number") from None
    if steps < 0:
        raise ValueError(f"--how_many_training_steps: a phase has 0 steps or more, not {steps}")
    return steps


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        raise ValueError(f"--learning_rate: {text!r} is not a number") from None
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"--learning_rate: a rate is above 0, not {text}")
    return rate
