"""The faults of the house: what keeps the parents from being told of crying, beside a deaf microphone.

Each fault is told once, and once more when it is over. What was told is saved, so a restart in between changes nothing
about that. Most faults must last for a while, so that a hiccup is not told.

No I/O, and no clock.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import NOTICE_NAMESPACE, Fact, Notice


class Patience(NamedTuple):
    """How long a fault must last before it is told, and how long it must be over before that is told."""

    fault_seconds: float
    well_seconds: float


# The clock of a machine that has just started may be set from the network. A file that is being edited may be faulty
# for a while. Loud crying may clip for minutes.
PATIENCE: Mapping[ListeningFault, Patience] = {
    ListeningFault.SELF_TEST: Patience(0.0, 0.0),
    ListeningFault.CLOCK: Patience(60.0, 0.0),
    ListeningFault.RECEIVER: Patience(300.0, 0.0),
    ListeningFault.RECEIVERS_FILE: Patience(60.0, 0.0),
    ListeningFault.SETTING: Patience(0.0, 0.0),
    ListeningFault.CLIPPING: Patience(300.0, 300.0),
}


class Trouble(NamedTuple):
    """A fault and its subject: a microphone or a receiver, or empty for the whole house."""

    fault: ListeningFault
    subject: str = ""

    @property
    def mic(self) -> str:
        """The microphone whose room it is about; empty if it is about the house."""
        return self.subject if self.fault is ListeningFault.CLIPPING else ""

    @property
    def name(self) -> str:
        """The name in the saved state and in the facts of notices."""
        return f"{self.fault.value}/{self.subject}" if self.subject else self.fault.value


@dataclass(slots=True)
class ToldTrouble:
    """A trouble that the parents know of, as the state file holds it; times are of the wall clock."""

    fault: ListeningFault
    subject: str
    since_seconds: float
    facts: dict[str, Fact]


class HouseFaults:
    """The faults that were told, and those that may be."""

    def __init__(self) -> None:
        self._told: dict[Trouble, ToldTrouble] = {}
        # Since when each trouble is not as it was told, on the monotonic clock.
        self._changing_since_seconds: dict[Trouble, float] = {}

    def restore(self, body: bytes) -> None:
        """Continue with what an earlier process has saved; raise msgspec.DecodeError if this release cannot read it."""
        for told in msgspec.json.decode(body, type=list[ToldTrouble]):
            self._told[Trouble(told.fault, told.subject)] = told

    def encode(self) -> bytes:
        """Return what to save."""
        return msgspec.json.encode(list(self._told.values()))

    @property
    def told(self) -> list[Trouble]:
        """The troubles that were told and are not over."""
        return list(self._told)

    def is_told(self, fault: ListeningFault, subject: str = "") -> bool:
        """Return whether the parents know of a trouble that is not over."""
        return Trouble(fault, subject) in self._told

    def note(self, trouble: Trouble, facts: Mapping[str, Fact] | None, now: Now) -> Notice | None:
        """Note that a trouble is there, with the facts about it, or that it is not there; return what to tell, if any.

        The fact `since_seconds` says since when; without it, it is the time when the trouble was noted first.
        """
        is_told = trouble in self._told
        if (facts is not None) == is_told:
            self._changing_since_seconds.pop(trouble, None)
            return None
        since_seconds = self._changing_since_seconds.setdefault(trouble, now.monotonic_seconds)
        lasted_seconds = now.monotonic_seconds - since_seconds
        patience = PATIENCE[trouble.fault]
        if lasted_seconds < (patience.well_seconds if is_told else patience.fault_seconds):
            return None
        del self._changing_since_seconds[trouble]
        if facts is None:
            return self._end(trouble, now)
        known = {"since_seconds": now.wall_seconds - lasted_seconds, **facts}
        self._told[trouble] = ToldTrouble(trouble.fault, trouble.subject, now.wall_seconds, dict(known))
        return _notice(trouble, NoticeKind.NOT_LISTENING, known, now)

    def note_subjects(self, fault: ListeningFault, facts: Mapping[str, Mapping[str, Fact]], now: Now) -> list[Notice]:
        """Note all the subjects that have a fault now, with the facts about each; return what to tell."""
        known = {one for one in (*self._told, *self._changing_since_seconds) if one.fault is fault}
        troubles = known | {Trouble(fault, subject) for subject in facts}
        notices = (self.note(one, facts.get(one.subject), now) for one in sorted(troubles))
        return [notice for notice in notices if notice is not None]

    def _end(self, trouble: Trouble, now: Now) -> Notice:
        told = self._told.pop(trouble)
        return _notice(trouble, NoticeKind.LISTENING_AGAIN, told.facts, now)


def _notice(trouble: Trouble, kind: NoticeKind, facts: Mapping[str, Fact], now: Now) -> Notice:
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{trouble.name}/{kind.value}/{now.wall_seconds}")),
        kind=kind,
        mic=trouble.mic,
        facts={**facts, "trouble": trouble.name, "reason": trouble.fault.value},
        happened_at_seconds=now.wall_seconds,
    )
