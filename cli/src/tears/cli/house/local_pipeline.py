"""The whole pipeline as processes of this machine: started in order, watched, drained in order."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from tears.cli.errors import StartError
from tears.cli.house.child_process import Child, inherited_environment
from tears.cli.house.model_server import model_address, start_model_server, wait_until_serving
from tears.cli.house.private_redis import start_redis
from tears.cli.house.shipped_model import MODEL_NAME
from tears.kit.redis_client import connect
from tears.kit.service import EXIT_BAD_SETTINGS

DRAIN_SECONDS = 15.0
RESTART_SECONDS = 1.0
# What dies so often in so short a time will not be mended by starting it once more.
MOST_DEATHS = 5
DEATHS_WITHIN_SECONDS = 30.0
# How many are remembered as said; then they may be said again.
MOST_COMPLAINTS = 1_000
REPLAYED_SESSION = "replay"
MODEL_PORT = 8500
RECORDER_PROBE_PORT = 9101
PROBE_PORTS = {"preprocessor": 9102, "classifier": 9103, "alerter": 9104}


@dataclass(frozen=True, kw_only=True)
class HousePlan:
    """What to start.

    Attributes:
        environ: `TEARS_*` settings of the services, over our own environment.
        private: a Redis of our own even where TEARS_REDIS_URL is set, and every port a free one.
        replicas: preprocessors and classifiers, each.
        model_rest_port: the model server's, for whoever reads its metrics; 0 is none, and -1 any free one.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    private: bool = False
    replicas: int = 1
    model_rest_port: int = 0


class House:
    """Use it as a context manager: inside it everything runs and is ready; after it nothing does."""

    def __init__(self, plan: HousePlan) -> None:
        self._plan = plan
        # Not below the out folder: the path of a Unix socket may have 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="tears-"))
        self.children: list[Child] = []
        self.recorders: dict[str, Child] = {}
        self.restarts = 0
        self._listening: set[str] = set()
        self._complained: set[str] = set()
        self._deaths: dict[str, deque[float]] = {}
        self._redis_child: Child | None = None
        self._restarted_at: dict[str, float] = {}
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def redis_pid(self) -> int | None:
        """The process id of the Redis that was started here; None for one that was there before."""
        return self._redis_child.pid if self._redis_child else None

    def client(self) -> redis.Redis:
        """A connection to the house's Redis."""
        return connect(self.url)

    def record(self, mic: str, path: Path, pace: str) -> None:
        """Starts a recorder that plays `path` as microphone `mic`; pace is `realtime` or `fast`."""
        # On a private Redis a room is played once: its windows may have the same ids at each replay.
        session = REPLAYED_SESSION if self._plan.private and pace == "fast" else ""
        self._record(
            mic,
            {"TEARS_RECORDER_INPUT": str(path), "TEARS_RECORDER_PACE": pace, "TEARS_RECORDER_SESSION": session},
        )

    def listen(self, mic: str, device: str | None, stream: str = "") -> None:
        """Starts a recorder that listens to `device` as microphone `mic`; None: to whatever the environment says.

        A live `stream`, given by its URL, takes the place of a device.
        """
        self._listening.add(mic)
        named = {"TEARS_RECORDER_DEVICE": device} if device else {}
        self._record(mic, {"TEARS_RECORDER_INPUT": stream, "TEARS_RECORDER_PACE": "realtime", **named})

    def _record(self, mic: str, settings: Mapping[str, str]) -> None:
        environ = self._service_environ() | {
            "TEARS_RECORDER_MIC": mic,
            "TEARS_RECORDER_PROBE_PORT": "0",
            **settings,
        }
        if not self._plan.private and not self.recorders:
            environ["TEARS_RECORDER_PROBE_PORT"] = str(_free_or_any(RECORDER_PROBE_PORT))
        command = [sys.executable, "-m", "tears.recorder"]
        self.recorders[mic] = Child(
            f"recorder {mic}", command, environ, self.folder / f"recorder-{len(self.recorders)}.log"
        )

    def tend(self) -> None:
        """Brings back what has died, Redis included; call it every now and then.

        Raises:
            StartError: a recorder could not play its file, a service could not live with its settings or died too
                often, or a private Redis died with what it held; their own words stand in the message.
        """
        for mic, recorder in self.recorders.items():
            if mic in self._listening:
                self.recorders[mic] = self._revived(recorder)
            elif recorder.status not in {None, 0}:
                raise StartError(f"{recorder.name} ended with status {recorder.status}:\n{recorder.log_tail()}")
        self.children = [self._revived(child) for child in self.children]
        if self._redis_child is not None:
            if self._plan.private and self._redis_child.status is not None:
                raise StartError("Redis died, and what had been heard with it; run it again")
            self._redis_child = self._revived(self._redis_child)

    def complaints(self) -> list[str]:
        """What the processes have warned of since the last call, each thing once."""
        said = [
            f"{child.name}: {line}"
            for child in [*self.recorders.values(), *self.children]
            for line in child.new_warnings()
        ]
        new = [one for one in dict.fromkeys(said) if one not in self._complained]
        if len(self._complained) > MOST_COMPLAINTS:
            self._complained.clear()
        self._complained.update(new)
        return new

    def _revived(self, child: Child) -> Child:
        """The same, if it runs; else a new life of it, but not more than one a second."""
        child.bound_log()
        now = time.monotonic()
        if child.status is None or now - self._restarted_at.get(child.name, float("-inf")) < RESTART_SECONDS:
            return child
        self._restarted_at[child.name] = now
        self.restarts += 1
        deaths = self._deaths.setdefault(child.name, deque(maxlen=MOST_DEATHS))
        deaths.append(now)
        is_hopeless = len(deaths) == MOST_DEATHS and now - deaths[0] < DEATHS_WITHIN_SECONDS
        if child.status == EXIT_BAD_SETTINGS or is_hopeless:
            raise StartError(f"{child.name} ended with status {child.status}:\n{child.log_tail()}")
        return Child(child.name, child.command, child.environ, child.log_path)

    def close(self) -> None:
        """Drains what runs, in the order of the data, so that nothing is under way when the next one goes."""
        for recorder in self.recorders.values():
            recorder.ask_to_stop()
        for child in [*self.recorders.values(), *self.children]:
            child.stop(DRAIN_SECONDS)
        if self._redis_child is not None:
            self._redis_child.stop(DRAIN_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        given_url = "" if self._plan.private else os.environ.get("TEARS_REDIS_URL", "")
        if given_url:
            self.url = given_url
        else:
            self._redis_child, self.url = start_redis(self.folder)
        # In the order of the data, so that draining the list drains the pipeline.
        for slot in range(self._plan.replicas):
            self._service("preprocessor", slot)
        for slot in range(self._plan.replicas):
            self._service("classifier", slot)
        self._service("alerter", 0)
        model_port = 0 if self._plan.private else _free_or_any(MODEL_PORT)
        self.children.append(start_model_server(self.folder, model_port, self._plan.model_rest_port))
        for child in self.children[:-1]:
            child.wait_for_line(r"probes on port \d+")
        wait_until_serving(self.children[-1], model_address(self.folder))

    def _state_path(self) -> str:
        """Where the alerter remembers what it has told: as long as the Redis lives that it was told from."""
        if self._plan.private:
            return str(self.folder / "alerter.sqlite")
        if chosen := os.environ.get("TEARS_ALERTER_STATE_PATH", ""):
            return chosen
        if self._redis_child is not None:
            return str(self.folder / "alerter.sqlite")
        state_home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        return str(Path(state_home) / "tears" / "alerter.sqlite")

    def _service(self, name: str, slot: int) -> None:
        environ = self._service_environ() | {
            "TEARS_SLOT": str(slot),
            "TEARS_CLASSIFIER_SERVER": model_address(self.folder),
            "TEARS_CLASSIFIER_MODEL": MODEL_NAME,
        }
        port_variable = f"TEARS_{name.upper()}_PROBE_PORT"
        if self._plan.private or slot > 0:
            environ[port_variable] = "0"
        elif port_variable not in environ:
            environ[port_variable] = str(_free_or_any(PROBE_PORTS[name]))
        label = f"{name}-{slot}" if slot else name
        child = Child(label, [sys.executable, "-m", f"tears.{name}"], environ, self.folder / f"{label}.log")
        self.children.append(child)

    def _service_environ(self) -> dict[str, str]:
        return {
            **inherited_environment(),
            "TEARS_LOG_FORMAT": "text",
            "TEARS_ALERTER_STATE_PATH": self._state_path(),
            **self._plan.environ,
            "TEARS_REDIS_URL": self.url,
        }


def _free_or_any(port: int) -> int:
    """`port`, or 0 where somebody has it: a second house on one machine is no error."""
    with socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return 0
    return port
