"""A house without rooms, whose chain is real: Redis, preprocessor, classifier and model server are processes.

The alerter runs round by round, on a clock of the test, and plays its cry to them.
"""

import contextlib
import signal
from pathlib import Path
from typing import Any, Self

from support.alerter.alerter_runs import AlerterRun
from support.places import SHIPPED_VERSION
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.alerter.proof.self_test import SelfTest
from tears.alerter.proof.self_test_rule import SelfTestRule
from tears.alerter.proof.self_test_sound import SelfTestSound
from tears.alerter.proof.self_test_stream import SelfTestStream
from tears.kit.clock import ManualClock
from tears.policy.parameters import Policy

# How long a process may take to join, or a cry to come back, on a loaded machine.
HEARING_SECONDS = 60.0
PERIOD_SECONDS = 60.0
STAGES = ("redis", "preprocessor", "classifier", "model_server")
# Consumers that live ask Redis more often than this, with these settings.
_ALIVE_SECONDS = 5.0
_STAGE = {"CLAIM_IDLE_SECONDS": "2", "PROBE_PORT": "0"}


class ProvenHouse:
    """Everything runs within the `with` block; `alerter` may be replaced by a later run of it."""

    def __init__(self, folder: Path) -> None:
        """Start nothing yet; `folder` gets the logs and the state."""
        self._folder = folder
        self._exits = contextlib.ExitStack()
        self._processes: dict[str, ServiceProcess] = {}
        self.clock = ManualClock()
        self.redis = RedisServer()

    def __enter__(self) -> Self:
        with self._exits as exits:
            exits.enter_context(self.redis)
            exits.callback(self._kill_all)
            for stage in STAGES[1:]:
                self.start(stage)
            self.start_alerter()
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def start_alerter(self) -> None:
        """Begin a run of the alerter, which goes on with the state of the one before."""
        client = self.redis.client()
        self.alerter = AlerterRun(client, self._folder / "alerter.sqlite", self.clock)
        self._exits.callback(self.alerter.kill)
        self.rule = SelfTestRule(PERIOD_SECONDS, self.clock.monotonic_seconds())
        self.stream = SelfTestStream(client, alive_seconds=_ALIVE_SECONDS)
        self.alerter.proof.self_test = SelfTest(
            rule=self.rule,
            sound=SelfTestSound.load(),
            stream=self.stream,
            policy=Policy(),
            metrics=self.alerter.proof.metrics,
            clock=self.clock,
        )
        self.rule.is_told = bool(self.alerter.proof._faults.told)

    def start(self, stage: str, slot: int = 0) -> None:
        """Start a stage that does not run, or another replica of it in another slot."""
        if stage == "redis":
            self.redis.start()
            return
        arguments: list[str] = []
        environ = {"TEARS_REDIS_URL": self.redis.url, "TEARS_HOST": "house", "TEARS_SLOT": str(slot)}
        environ |= {f"TEARS_{stage.upper()}_{name}": value for name, value in _STAGE.items()}
        socket = self._folder / "model.sock"
        if stage == "model_server":
            environ = {"TMPDIR": str(self._folder)}
            arguments = ["--port=0", "--rest_api_port=0", "--model_name=cry", f"--grpc_socket_path={socket}"]
            arguments.append(f"--model_base_path={SHIPPED_VERSION.parent}")
        environ["TEARS_CLASSIFIER_SERVER"] = f"unix:{socket}"
        name = f"{stage}-{slot}" if slot else stage
        log = self._folder / f"{name}.log"
        self._processes[name] = ServiceProcess(f"tears.{stage}", environ, log, arguments=arguments)

    def start_alerter_process(self, **settings: str) -> ServiceProcess:
        """Start the alerter as a process too, beside the one of the test; settings are without `TEARS_ALERTER_`."""
        environ = {f"TEARS_ALERTER_{name.upper()}": value for name, value in settings.items()}
        environ |= {"TEARS_REDIS_URL": self.redis.url, "TEARS_ALERTER_PROBE_PORT": "0"}
        environ["TEARS_ALERTER_STATE_PATH"] = str(self._folder / "process.sqlite")
        process = ServiceProcess("tears.alerter", environ, self._folder / "alerter.log")
        self._processes["alerter"] = process
        return process

    def kill(self, stage: str) -> None:
        """Kill a stage."""
        if stage == "redis":
            self.redis.kill()
        else:
            self._processes[stage].kill()

    def freeze(self, stage: str) -> None:
        """Stop a stage where it is; its connections stay open."""
        if stage == "redis":
            self.redis.freeze()
        else:
            self._processes[stage].send_signal(signal.SIGSTOP)

    def thaw(self, stage: str) -> None:
        """Let a frozen stage go on."""
        if stage == "redis":
            self.redis.thaw()
        else:
            self._processes[stage].send_signal(signal.SIGCONT)

    def hear(self) -> None:
        """Let rounds pass, without time, until the cry that is under way has come back."""

        def has_heard() -> bool:
            self.alerter.turn()
            return bool(self.rule.is_hearing) and self.rule._latest is None

        wait_until(has_heard, HEARING_SECONDS, describe=self.logs, look_seconds=0.02)

    def pass_seconds(self, seconds: float, step_seconds: float = 1.0) -> None:
        """Let rounds pass, one a second or in longer steps."""
        ends_at = self.clock.monotonic_seconds() + seconds
        while self.clock.monotonic_seconds() < ends_at:
            self.alerter.turn(seconds=step_seconds)

    def metrics_of(self, name: str) -> str:
        """Return what a process shows to Prometheus; the name of another replica ends with its slot."""
        return self._processes[name].probe("/metrics")[1]

    def notices(self) -> list[Any]:
        """Return the notices in the outbox, oldest first."""
        return [one.notice for one in self.alerter.outbox.waiting_notices("parent")]

    def logs(self) -> str:
        """Return the last lines of all processes."""
        return "\n".join(f"---- {stage}\n{one.log()[-2000:]}" for stage, one in self._processes.items())

    def _kill_all(self) -> None:
        for process in self._processes.values():
            if process.is_running:
                process.kill()
