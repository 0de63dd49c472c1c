"""Watches over the house: the self-test, the faults beside it, and the heartbeat. Part of the alerter's loop.

No alert depends on it: what fails here is logged and counted, and listening goes on.
"""

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import msgspec
from prometheus_client import CollectorRegistry

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import ListeningFault
from tears.alerter.notices.notice import Fact, Notice
from tears.alerter.order.received_detection import ReceivedDetection
from tears.alerter.proof.heartbeat import Heartbeat
from tears.alerter.proof.house_faults import HouseFaults, Trouble
from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.alerter.proof.self_test import SelfTest
from tears.alerter.rooms import Rooms
from tears.kit.health import Health
from tears.kit.registry.mic_names import is_room
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord

logger = logging.getLogger(__name__)

# The names that /readyz shows.
_SELF_TEST = "self-test"
_PROOF = "proof of listening"
# How often the receivers are asked about.
REACH_LOOK_SECONDS = 10.0


class ReceiverReach(NamedTuple):
    """How many receivers there are, and how many notices each that has not accepted them still has to get, by name."""

    receivers: int = 0
    waiting: Mapping[str, int] = {}


@dataclass(kw_only=True)
class ListeningProof:
    """Everything about the house as a whole; without a `self_test` or a `heartbeat`, there is none.

    `ask_reach` may raise sqlite3.Error; `clock_fault` says why a wall clock cannot be right, or nothing; `alerts_fault`
    says why the file of receivers is not in use, or nothing. `unreachable_variables` are those whose URL was left out.
    """

    metrics: ProofMetrics
    health: Health
    self_test: SelfTest | None = None
    heartbeat: Heartbeat | None = None
    ask_reach: Callable[[], ReceiverReach] = ReceiverReach
    clock_fault: Callable[[float], str] = lambda _: ""
    alerts_fault: Callable[[], str] = lambda: ""
    unreachable_variables: Sequence[str] = ()
    # What the registry says of the microphones. The loop sets this.
    mics: Mapping[str, MicRecord] = field(default_factory=dict, init=False)
    # What to save of what was told; empty if that is saved.
    unsaved: bytes = field(default=b"", init=False)
    _faults: HouseFaults = field(default_factory=HouseFaults, init=False)
    _reach: ReceiverReach = field(default_factory=ReceiverReach, init=False)
    _logged_error: str = field(default="", init=False)
    _reach_at_seconds: float = field(default=float("-inf"), init=False)

    def __enter__(self) -> Self:
        """Begin with the heartbeat."""
        if self.heartbeat is not None:
            self.heartbeat.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.heartbeat is not None:
            self.heartbeat.stop()

    @property
    def told(self) -> list[Trouble]:
        """The troubles that the parents were told of, and that are not over."""
        return self._faults.told

    def restore(self, body: bytes) -> Self:
        """Continue with what an earlier process told, forget what this release cannot read, and return this object."""
        try:
            self._faults.restore(body or b"[]")
        except msgspec.DecodeError as error:
            logger.warning("what was told of the house is forgotten: %s", error)
        if self.self_test is not None:
            self.self_test.rule.is_told = self._faults.is_told(ListeningFault.SELF_TEST)
        return self

    def save_again(self) -> None:
        """Save what was told once more: it may be lost."""
        self.unsaved = self._faults.encode()

    def take(self, detection: ReceivedDetection, now: Now) -> bool:
        """Return whether a detection is the self-test's, and so belongs to no room; note it either way."""
        if is_room(detection.mic):
            if self.self_test is not None and detection.score is not None:
                self.self_test.rule.note_room_score(now.monotonic_seconds)
            return False
        if self.self_test is not None:
            self.self_test.receive(detection)
        return True

    def pass_time(self, rooms: Rooms, now: Now) -> None:
        """Do what is due, and add what must be told to the rooms' notices. Call it when nothing is left to read."""
        self._go_on(lambda: self._pass_time(rooms, now))

    def pass_time_without_redis(self, rooms: Rooms, now: Now, reason: str) -> None:
        """Do the same while Redis does not answer."""

        def step() -> None:
            if self.self_test is not None:
                self.self_test.pass_time_without_redis(reason)
            self._judge(rooms, now)
            self._beat(is_well=False)

        self._go_on(step)

    def _go_on(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:
            # The edge of what no alert depends on.
            if repr(error) != self._logged_error:
                logger.exception("the proof of listening has failed, and listening goes on")
            self._logged_error = repr(error)
            self.metrics.proof_failures.inc()
            self.health.failed(_PROOF, str(error))
            self._beat(is_well=False)
        else:
            self.health.answered(_PROOF)

    def _pass_time(self, rooms: Rooms, now: Now) -> None:
        if self.self_test is not None:
            self.self_test.pass_time()
        self._judge(rooms, now)
        is_proven = self.self_test is None or self.self_test.is_well
        # A setting that was left out keeps no alert from anybody.
        has_fault = any(one.fault is not ListeningFault.SETTING for one in self._faults.told)
        self._beat(is_well=is_proven and not has_fault and not rooms.deaf_mics())

    def _judge(self, rooms: Rooms, now: Now) -> None:
        """Note all faults that there are, and tell what is new."""
        notices = [
            self._faults.note(Trouble(ListeningFault.CLOCK), _error(self.clock_fault(now.wall_seconds)), now),
            self._faults.note(Trouble(ListeningFault.RECEIVERS_FILE), _error(self.alerts_fault()), now),
            *self._faults.note_subjects(
                ListeningFault.SETTING, {name: {"variable": name} for name in self.unreachable_variables}, now
            ),
            *self._faults.note_subjects(ListeningFault.CLIPPING, self._clipping(rooms), now),
            *self._faults.note_subjects(ListeningFault.RECEIVER, self._unreached(now), now),
        ]
        if self.self_test is not None:
            notices.append(self._faults.note(Trouble(ListeningFault.SELF_TEST), self._failure(), now))
        told = [notice for notice in notices if notice is not None]
        for notice in told:
            self._tell(rooms, notice)
        if told:
            self.unsaved = self._faults.encode()
            self.metrics.show_faults(Counter(trouble.fault.value for trouble in self._faults.told))

    def _failure(self) -> Mapping[str, Fact] | None:
        """Return the facts about a failure of the self-test that lasts; None if it hears, or may still hear."""
        test = self.self_test
        if test is None or not test.is_failing():
            self.health.answered(_SELF_TEST)
            return None
        if self._faults.is_told(ListeningFault.SELF_TEST):
            return {}
        facts = test.failure()
        self.health.failed(_SELF_TEST, f"the cry is not heard; stage: {facts['stage']} {facts['error']}".rstrip())
        return facts

    def _clipping(self, rooms: Rooms) -> dict[str, Mapping[str, Fact]]:
        """Return the rooms whose sound is cut off. A deaf one has been told already, and crying may clip."""
        excused = {*rooms.deaf_mics(), *rooms.open_episodes()}
        return {
            mic: {} for mic, record in self.mics.items() if record.state is MicState.CLIPPING and mic not in excused
        }

    def _unreached(self, now: Now) -> dict[str, Mapping[str, Fact]]:
        """Return the receivers that do not accept their notices."""
        if now.monotonic_seconds >= self._reach_at_seconds:
            self._reach_at_seconds = now.monotonic_seconds + REACH_LOOK_SECONDS
            try:
                self._reach = self.ask_reach()
            except sqlite3.Error as error:
                logger.debug("the receivers' notices are not known: %s", error)
        return {name: {"receiver": name, "waiting": waiting} for name, waiting in self._reach.waiting.items()}

    def _tell(self, rooms: Rooms, notice: Notice) -> None:
        """Tell the parents, if anybody would get it: one whom nothing reaches is only shown, and has no heartbeat."""
        is_about_receiver = notice.facts["reason"] == ListeningFault.RECEIVER
        if not is_about_receiver or len(self._reach.waiting) < self._reach.receivers:
            rooms.add_notice(notice)

    def _beat(self, *, is_well: bool) -> None:
        if self.heartbeat is not None:
            self.heartbeat.note(is_well=is_well)


def _error(fault: str) -> Mapping[str, Fact] | None:
    return {"error": fault} if fault else None


def unproven(health: Health) -> ListeningProof:
    """Return what proves nothing, shows no metrics and tells nobody."""
    return ListeningProof(metrics=ProofMetrics(CollectorRegistry()), health=health)
