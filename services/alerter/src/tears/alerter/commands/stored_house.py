"""What the state file holds of the parents' commands, and what of it is true after a restart. No I/O."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import msgspec

from tears.alerter.commands.house_state import HouseState, Silence
from tears.alerter.episodes.monitor_state import Now
from tears.kit.commands.answer import CommandAnswer
from tears.kit.streams.entries import BEGINNING
from tears.policy.sensitivity import Sensitivity


@dataclass(frozen=True, slots=True)
class SavedMoment:
    """When something was saved, by all the clocks that a later process can compare with its own.

    Attributes:
        boot_id: which start of the machine it was. The monotonic clock runs on until the next one.
    """

    boot_id: str = ""
    monotonic_seconds: float = 0.0
    wall_seconds: float = 0.0

    def passed_seconds(self, now: Now, boot_id: str) -> float:
        """Return how much time has passed since then, never less than 0.

        The wall clock, which may have jumped, is asked only after a restart of the machine.
        """
        monotonic_seconds = now.monotonic_seconds - self.monotonic_seconds
        if boot_id and boot_id == self.boot_id and monotonic_seconds >= 0.0:
            return monotonic_seconds
        return max(0.0, now.wall_seconds - self.wall_seconds)


@dataclass(frozen=True, slots=True)
class StoredHouse:
    """The content of the table `house`. The state file holds these names.

    Attributes:
        position: the last entry of `tears:commands` that was read.
        moment: when this was saved; the seconds in `silences` are of that process.
        answered: the ids of the last commands, the oldest first: a repeat is not obeyed again.
        unanswered: answers by id that may not be in Redis yet.
        sensitivities: the levels that the parents have chosen, by microphone.
    """

    position: str = BEGINNING
    moment: SavedMoment = field(default_factory=SavedMoment)
    silences: dict[str, Silence] = field(default_factory=dict)
    acknowledged: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    unanswered: dict[str, CommandAnswer] = field(default_factory=dict)
    sensitivities: dict[str, Sensitivity] = field(default_factory=dict)

    def state_at(self, now: Now, boot_id: str) -> HouseState:
        """Return the parents' wishes on the clock of the present process; a silence that is over is still in it."""
        passed_seconds = self.moment.passed_seconds(now, boot_id)
        # A silence lasts as long as was left of it when this was saved.
        begun_at_seconds = now.monotonic_seconds - passed_seconds
        silences = {
            mic: replace(one, ends_at_seconds=begun_at_seconds + one.ends_at_seconds - self.moment.monotonic_seconds)
            for mic, one in self.silences.items()
        }
        return HouseState(MappingProxyType(silences), self.acknowledged, MappingProxyType(self.sensitivities))


def encode_house(house: StoredHouse) -> bytes:
    """Write JSON."""
    return msgspec.json.encode(house)


def decode_house(body: bytes) -> StoredHouse:
    """Read what `encode_house` wrote; raise msgspec.DecodeError if it is something else."""
    return msgspec.convert(msgspec.json.decode(body, type=dict[str, Any]), type=StoredHouse)
