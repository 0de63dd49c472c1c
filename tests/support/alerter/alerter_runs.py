"""The alerter, started and killed several times, on a real Redis, a real state file and a clock of the test."""

import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import redis
from prometheus_client import CollectorRegistry
from support.alerter.monitored_room import RULES
from support.redis.detections import episodes

from tears.alerter.episodes.monitor_state import AlertRules
from tears.alerter.loop import Alerter
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.keeper import NightKeeper
from tears.alerter.nights.night_file import night_file_of
from tears.alerter.nights.notes import NightNotes
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.retry import DeliveryThread
from tears.alerter.proof.listening_proof import ListeningProof
from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.alerter.receivers.announcer import Addressees
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule
from tears.alerter.state import AlerterState
from tears.alerter.state_file import StateFile
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.health import Health
from tears.kit.messages import EpisodeState
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

EVERYTHING_TO_ONE_PARENT = Addressees(
    rules=AlertsFile(receivers=(ReceiverRule(name="parent"),)),
    targets={"parent": ["parent"]},
    repeat_targets={"parent": ["parent"]},
)


class FakeReceiver:
    """A receiver that takes every notice."""

    target = "parent"
    description = "parent"

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.has_notice = threading.Event()

    def hand_over(self, notice: Notice) -> bool:
        """Take a notice."""
        self.notices.append(notice)
        self.has_notice.set()
        return True


class AlerterRun:
    """One run of the alerter, from its start until it is killed."""

    def __init__(
        self,
        client: redis.Redis,
        path: Path,
        clock: ManualClock,
        rules: AlertRules = RULES,
        report_at: tuple[int, int] | None = None,
        addressees: Addressees | None = None,
    ) -> None:
        self.client = client
        self.clock = clock
        self.health = Health(clock)
        self.registry = CollectorRegistry()
        self._resources = ExitStack()
        self.state_file = self._resources.enter_context(StateFile(path, clock))
        self.outbox = Outbox(self.connection, ["parent"])
        self.metrics = AlerterMetrics(self.registry)
        self.proof = ListeningProof(metrics=ProofMetrics(self.registry), health=self.health)
        self.receiver = FakeReceiver()
        self.delivery = DeliveryThread(
            self.receiver, self.state_file.place, self.outbox.turns, self.metrics, self.health, SystemClock()
        )
        state = AlerterState(self.connection, self.outbox)
        # Its thread does not run: a test calls `keeper.turn()`.
        self.keeper = NightKeeper(
            path=night_file_of(path),
            notes=NightNotes(),
            kept_nights=28,
            report_at=report_at,
            told=state.told_nights(),
            metrics=self.metrics,
            clock=clock,
        )
        self.alerter = Alerter(
            client=client,
            state=state,
            state_file=self.state_file,
            outbox=self.outbox,
            deliveries=[self.delivery],
            addressees=lambda: addressees or EVERYTHING_TO_ONE_PARENT,
            rules=rules,
            cry_label="crying",
            metrics=self.metrics,
            health=self.health,
            clock=clock,
            stop=threading.Event(),
            proof=self.proof,
            block_seconds=0.001,
            keeper=self.keeper,
        )

    @property
    def connection(self) -> sqlite3.Connection:
        """The database in use."""
        return self.state_file.connection

    def turn(self, times: int = 1, seconds: float = 0.0) -> None:
        """Do rounds of the loop, with this time before each."""
        for _ in range(times):
            self.clock.advance(seconds)
            self.alerter.turn()

    def read_all(self) -> None:
        """Do rounds until there is nothing left to read."""
        last: Any = self.client.xinfo_stream(names.DETECTIONS_STREAM)
        self.turn()
        while self.alerter._position.entry_id != last["last-generated-id"].decode():
            self.turn()

    def kill(self) -> None:
        """End this run without saving anything."""
        self._resources.close()

    def metric(self, name: str, **labels: str) -> float:
        """Return a metric's value; 0 if there is none."""
        return self.registry.get_sample_value(f"tears_alerter_{name}", labels) or 0.0

    def titles(self) -> list[str]:
        """Return the titles of the notices in the outbox."""
        return [title for (title,) in self.connection.execute("SELECT title FROM notices ORDER BY id")]


class AlerterRuns:
    """One state file and one clock for several runs of the alerter."""

    def __init__(self, client: redis.Redis, path: Path) -> None:
        self.client = client
        self.path = path
        self.clock = ManualClock()
        self._runs: list[AlerterRun] = []

    def begin(
        self,
        rules: AlertRules = RULES,
        report_at: tuple[int, int] | None = None,
        addressees: Addressees | None = None,
    ) -> AlerterRun:
        """Start the next run."""
        self._runs.append(AlerterRun(self.client, self.path, self.clock, rules, report_at, addressees))
        return self._runs[-1]

    def close(self) -> None:
        """End all runs."""
        for run in self._runs:
            run.kill()


def register(client: redis.Redis, mic: str = "nursery", session: str = "s1") -> None:
    """Register a microphone."""
    record = MicRecord(mic=mic, sample_rate_hz=48_000, channels=1, device="usb", session=session, heartbeat_seconds=0.0)
    client.hset(names.MICS_HASH, mic, record.encode())


def alerts(client: redis.Redis) -> list[float]:
    """Return when each published episode was alerted."""
    return [one.alerted_at_seconds for one in episodes(client) if one.state is EpisodeState.OPEN]
