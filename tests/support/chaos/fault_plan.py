"""Draw the faults of a run from a seed. No I/O.

A plan says what happens and after how many judged windows. The moments within a process are those of the machine, so a
seed repeats the same faults, but not the same interleaving: repeat a seed that failed.
"""

import enum
import random
from dataclasses import dataclass

from support.chaos.crying_night import WINDOWS


class Fault(enum.Enum):
    """The faults that can happen to a house. Each ends after a while: what was killed starts again."""

    KILL = "kill"
    # The process is frozen: a slow disk, a laptop that sleeps.
    STOP = "stop"
    # An update in good order.
    TERMINATE = "terminate"
    # The connections of one service pass nothing on, and nobody says so.
    CUT = "cut"
    # The connections of one service are closed.
    DROP = "drop"
    DELAY = "delay"
    KILL_REDIS = "kill Redis"
    FREEZE_REDIS = "freeze Redis"
    WIPE = "wipe Redis"
    # The next fault RESTORE brings this copy back.
    COPY = "copy Redis"
    RESTORE = "restore Redis"
    GARBAGE = "garbage"
    FULL_MEMORY = "full memory"


SERVICES = ("recorder-0", "recorder-1", "preprocessor-0", "preprocessor-1", "classifier-0", "alerter-0")
# A recorder that is asked to stop ends its session, so the rest of the night would not be played.
_MAY_TERMINATE = SERVICES[2:]
_OF_ONE_SERVICE = {Fault.KILL, Fault.STOP, Fault.TERMINATE, Fault.CUT, Fault.DROP, Fault.DELAY}
# Faults that undo what Redis has accepted. Recorders must still run, to send it again.
_FORGETFUL = {Fault.WIPE, Fault.RESTORE}
_LAST_FORGETFUL_WINDOW = WINDOWS // 2


@dataclass(frozen=True, slots=True)
class PlannedFault:
    """One fault.

    Attributes:
        after_windows: it begins when the first room has judged this many windows.
        lasts_seconds: until it ends.
        service: what it happens to; empty for faults of Redis.
    """

    fault: Fault
    after_windows: int
    lasts_seconds: float
    service: str = ""

    def __str__(self) -> str:
        of = f" {self.service}" if self.service else ""
        return f"at {self.after_windows}: {self.fault.value}{of} for {self.lasts_seconds:.1f} s"


def draw_plan(seed: int, faults: int = 10) -> list[PlannedFault]:
    """Return this many faults in the order of their beginnings."""
    generator = random.Random(seed)
    drawn = [_draw(generator) for _ in range(faults)]
    if any(one.fault is Fault.RESTORE for one in drawn):
        first = min(one.after_windows for one in drawn if one.fault is Fault.RESTORE)
        drawn.append(PlannedFault(Fault.COPY, generator.randint(0, first), 0.0))
    # A copy comes before a restore of the same moment.
    return sorted(drawn, key=lambda one: (one.after_windows, one.fault is not Fault.COPY))


def _draw(generator: random.Random) -> PlannedFault:
    fault = generator.choice([one for one in Fault if one is not Fault.COPY])
    last_window = _LAST_FORGETFUL_WINDOW if fault in _FORGETFUL else int(WINDOWS * 0.9)
    service = ""
    if fault in _OF_ONE_SERVICE:
        service = generator.choice(_MAY_TERMINATE if fault is Fault.TERMINATE else SERVICES)
    return PlannedFault(fault, generator.randint(5, last_window), round(generator.uniform(0.2, 4.0), 1), service)
