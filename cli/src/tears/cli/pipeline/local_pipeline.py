"""The whole pipeline as processes of this machine: started in order, watched, drained in order."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import redis

from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import CHILD_DRAIN_SECONDS, ChildProcess, inherited_environment
from tears.cli.pipeline.model_server import (
    SHIPPED_MODEL_NAME,
    model_address,
    model_socket,
    start_model_server,
    wait_until_serving,
)
from tears.cli.pipeline.private_redis import redis_socket, start_redis, wake_readers
from tears.cli.pipeline.revival import Revival
from tears.cli.pipeline.runtime_folder import KeptSocket, RuntimeFolder
from tears.cli.pipeline.state_place import state_path
from tears.cli.pipeline.stop_signals import Hurry, tidying_up
from tears.cli.pipeline.warm_start.service_host import ServiceHost
from tears.cli.places.running_pipelines import Announcement
from tears.kit.network.listening import ANY_PORT, IF_TAKEN_VARIABLE
from tears.kit.redis_client import connect
from tears.kit.registry.mic_names import room_of_mic

# A warning is printed once. After this many different ones they are forgotten, and may be printed again.
MOST_WARNINGS = 1_000
REPLAYED_SESSION = "replay"
MODEL_PORT = 8500
RECORDER_PROBE_PORT = 9101
# The alerter's warning that it has no receivers: `up` says that in its first line, and a replay needs none.
_NOBODY_IS_NOTIFIED = "nobody will be notified"
# The id of an episode in a log line, which means nothing to a parent.
_EPISODE_ID = re.compile(r" \([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)")
# A second pipeline may run on one machine, and may start at the same moment.
_OR_ANY_PORT = {IF_TAKEN_VARIABLE: ANY_PORT}
PROBE_PORTS = {"preprocessor": 9102, "classifier": 9103, "alerter": 9104}


@dataclass(frozen=True, kw_only=True)
class PipelinePlan:
    """The processes to start, and their settings.

    Attributes:
        environ: `TEARS_*` settings of the services, which override our own environment.
        private: Start a private Redis even if TEARS_REDIS_URL is set, and let every service take any free port.
        replicas: How many preprocessors, and how many classifiers.
        model_rest_port: For the model server's REST API and metrics; 0 switches them off, and -1 takes any free port.
        models: The folder of the model's versions; None for `model_base_path()`.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    private: bool = False
    replicas: int = 1
    model_rest_port: int = 0
    models: Path | None = None


class LocalPipeline:
    """Runs the pipeline during a `with` block: in the block all services are ready, and after it none runs."""

    def __init__(self, plan: PipelinePlan) -> None:
        self._plan = plan
        # Not below the out folder: the path of a Unix socket may have 107 bytes at most.
        self._place = RuntimeFolder()
        self.children: list[ChildProcess] = []
        self.recorders: dict[str, ChildProcess] = {}
        self._listening: set[str] = set()
        self._warned: set[str] = set()
        self._redis_child: ChildProcess | None = None
        self._host = ServiceHost(lambda: self.folder / "service-host.log")
        self._revival = Revival()
        self._notes: list[str] = []
        self._recorder_settings: dict[str, Mapping[str, str]] = {}
        self._client: redis.Redis | None = None
        self._announcement: Announcement | None = None
        self.url = ""
        # Name and version of the model that was served first.
        self.model = ""
        # None keeps the alerter's state only for this run.
        self._state_path: Path | None = None
        self._is_closed = False

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException as error:
            with tidying_up(is_hurried=isinstance(error, KeyboardInterrupt)) as hurry:
                self.close(hurry)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with tidying_up(is_hurried=kind is not None and issubclass(kind, KeyboardInterrupt)) as hurry:
            self.close(hurry)

    @property
    def restarts(self) -> int:
        """Return how many processes died and were restarted."""
        return self._revival.count

    @property
    def folder(self) -> Path:
        """Return the folder of the sockets and logs; it may move."""
        return self._place.path

    @property
    def redis_pid(self) -> int | None:
        """Return the process id of the Redis that was started here; None if another Redis is used."""
        return self._redis_child.pid if self._redis_child else None

    @property
    def host_pid(self) -> int | None:
        """Return the process id of the host, of which the services are forks; None if it does not run."""
        return self._host.pid

    def services(self) -> list[ChildProcess]:
        """Return the processes that the sound passes through, without Redis."""
        return [*self.recorders.values(), *self.children]

    def child(self, name: str) -> ChildProcess:
        """Return the process of this name."""
        return next(child for child in self.children if child.name == name)

    def client(self) -> redis.Redis:
        """Return a connection to the pipeline's Redis, which `close` closes; ask each time, because Redis may move."""
        if self._client is None:
            self._client = connect(self.url)
        return self._client

    def play(self, mic: str, path: Path, pace: str) -> None:
        """Start a recorder that plays `path` as microphone `mic`; pace is `realtime` or `fast`."""
        # On a private Redis a room is played once, so its windows may have the same ids in each replay.
        session = REPLAYED_SESSION if self._plan.private and pace == "fast" else ""
        played = {"TEARS_RECORDER_INPUT": str(path), "TEARS_RECORDER_PACE": pace, "TEARS_RECORDER_SESSION": session}
        self._start_recorder(mic, played)

    def listen(self, mic: str, device: str | None, stream: str = "") -> None:
        """Start a recorder of room `mic` that listens to a device, or to the live stream at a URL if one is given.

        If `device` is None, the environment and the recorder choose it.
        """
        self._listening.add(mic)
        named = {"TEARS_RECORDER_DEVICE": device} if device else {}
        self._start_recorder(mic, {"TEARS_RECORDER_INPUT": stream, "TEARS_RECORDER_PACE": "realtime", **named})

    def _start_recorder(self, mic: str, settings: Mapping[str, str]) -> None:
        self._recorder_settings[mic] = settings
        is_first = not self._plan.private and not self.recorders
        port = RECORDER_PROBE_PORT if is_first else 0
        environ = {"TEARS_RECORDER_MIC": mic, "TEARS_RECORDER_PROBE_PORT": str(port), **_OR_ANY_PORT, **settings}
        log_path = self.folder / f"recorder-{len(self.recorders)}.log"
        command = [sys.executable, "-m", "tears.recorder"]
        self.recorders[mic] = ChildProcess(
            f"recorder {room_of_mic(mic)}", command, self._service_environ() | environ, log_path, self._host.start
        )

    def restart_dead_processes(self) -> None:
        """Restart the processes that have died, Redis included, and make deleted sockets and logs again.

        Call it several times a second.

        Raises:
            StartError: A recorder could not play its file, a service refused its settings or died too often, or a
                private Redis died and its data is lost; the message has the last lines of its log.
        """
        self._keep_folder()
        self._host.tidy_up_if_dead()
        for mic, recorder in self.recorders.items():
            recorder.copy_log()
            if mic in self._listening:
                self.recorders[mic] = self._revival.revived(recorder)
            elif recorder.status not in {None, 0}:
                raise StartError(f"{recorder.name} ended with status {recorder.status}:\n{recorder.log_tail()}")
        self.children = [self._revival.revived(child) for child in self.children]
        if self._redis_child is not None:
            if self._plan.private and self._redis_child.status is not None:
                raise StartError("Redis died, and all that it held is lost; run it again")
            self._redis_child = self._revival.revived(self._redis_child)

    def new_warnings(self) -> list[str]:
        """Return the warnings that the processes have logged since the last call, each once and without ids."""
        found = dict.fromkeys(f"{child.name}: {line}" for child in self.services() for line in child.new_warnings())
        found |= dict.fromkeys([*self._notes, *self._revival.take_notes(), *self._host.take_notes()])
        self._notes.clear()
        new = [one for one in found if one not in self._warned and _NOBODY_IS_NOTIFIED not in one]
        if len(self._warned) > MOST_WARNINGS:
            self._warned.clear()
        self._warned.update(new)
        return [_EPISODE_ID.sub("", one) for one in new]

    def _keep_folder(self) -> None:
        """Make a deleted folder again; if it cannot be, start everything anew in another folder.

        Raises:
            StartError: The recordings of a replay would have to be played again, or no folder can be made.
        """
        if self._place.keep():
            return
        lost = f"{self.folder} was deleted and cannot be made again"
        if self._plan.private:
            raise StartError(f"{lost}; run it again")
        self._stop_processes()
        self._place.move()
        self._notes.append(f"{lost}; starting anew in {self.folder}")
        self.children, self.recorders = [], {}
        self._start()
        for mic, settings in self._recorder_settings.items():
            self._start_recorder(mic, settings)

    def close(self, hurry: Hurry) -> None:
        """Drain the processes, or kill them in a hurry, and delete the folder; call it while `tidying_up`.

        The end of the `with` block calls it too, and does nothing then if everything has ended before.
        """
        if self._is_closed:
            return
        self._stop_processes(hurry)
        self._place.close()
        self._is_closed = True

    def _stop_processes(self, hurry: Hurry | None = None) -> None:
        """Drain the processes in the order of the data: each passes on everything before the next one ends.

        All those of a private pipeline end at once, because nobody can read what they would still pass on.
        """
        self._revival.forget_sockets()
        drained = [*self.recorders.values(), *self.children]
        for recorder in drained if self._plan.private else self.recorders.values():
            recorder.ask_to_stop()
        for child in drained:
            child.ask_to_stop()
            if self._redis_child is not None and (hurry is None or not hurry.is_asked):
                wake_readers(self.client())
            child.stop(CHILD_DRAIN_SECONDS, hurry)
        self._host.close()
        if self._client is not None:
            self._client.close()
            self._client = None
        # Redis ends last, and `tears record` writes what it has while Redis still runs.
        if self._announcement is not None:
            self._announcement.close()
        if self._redis_child is not None:
            self._redis_child.stop(CHILD_DRAIN_SECONDS, hurry)

    def _start(self) -> None:
        self._host.launch()
        self.url = "" if self._plan.private else os.environ.get("TEARS_REDIS_URL", "")
        if not self.url:
            self._redis_child, self.url = start_redis(self.folder)
            self._revival.keep_socket(self._redis_child.name, KeptSocket(redis_socket(self.folder)))
        if not self._plan.private:
            self._announcement = Announcement(self.url)
            self._state_path = state_path(self.folder, has_own_redis=self._redis_child is not None)
        # In the order of the data, so that draining the list drains the pipeline.
        for name in ("preprocessor", "classifier"):
            for slot in range(self._plan.replicas):
                self._start_service(name, slot)
        self._start_service("alerter", 0)
        model_port = 0 if self._plan.private else MODEL_PORT
        model_server = start_model_server(
            self.folder, model_port, self._plan.model_rest_port, self._plan.models, self._host.start
        )
        self._revival.keep_socket(model_server.name, KeptSocket(model_socket(self.folder)))
        self.children.append(model_server)
        for child in self.children[:-1]:
            child.wait_for_line(r"probes on port \d+")
        self.model = f"{SHIPPED_MODEL_NAME} {wait_until_serving(model_server, model_address(self.folder))}"

    def _start_service(self, name: str, slot: int) -> None:
        environ = self._service_environ() | {
            "TEARS_SLOT": str(slot),
            "TEARS_CLASSIFIER_SERVER": model_address(self.folder),
            "TEARS_CLASSIFIER_MODEL": SHIPPED_MODEL_NAME,
        }
        port_variable = f"TEARS_{name.upper()}_PROBE_PORT"
        if self._plan.private or slot > 0:
            environ[port_variable] = "0"
        elif port_variable not in environ:
            environ |= {port_variable: str(PROBE_PORTS[name]), **_OR_ANY_PORT}
        label = f"{name}-{slot}" if slot else name
        command = [sys.executable, "-m", f"tears.{name}"]
        child = ChildProcess(label, command, environ, self.folder / f"{label}.log", self._host.start)
        self.children.append(child)

    def _service_environ(self) -> dict[str, str]:
        return {
            **inherited_environment(),
            "TEARS_LOG_FORMAT": "text",
            "TEARS_ALERTER_STATE_PATH": str(self._state_path or self.folder / "alerter.sqlite"),
            **self._plan.environ,
            "TEARS_REDIS_URL": self.url,
        }
