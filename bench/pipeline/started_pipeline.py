"""Start Redis, the model server and the services of a source tree, one after the other, and time each start."""

import http.client
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from bench.pipeline.source_tree import SourceTree
from bench.process_costs import cpu_seconds, pss_mib, with_descendants
from tears.cli.pipeline.child_process import ChildProcess
from tears.cli.pipeline.model_server import SHIPPED_MODEL_NAME, wait_until_serving
from tears.cli.pipeline.private_redis import start_redis
from tears.kit.redis_client import connect

STARTED_MIC = "bedroom"
_STOP_SECONDS = 15.0
_PROBE_SECONDS = 1.0


class StartedPipeline:
    """The processes that turn chunks into detections and notices, during a `with` block.

    They start in the order in which they need each other, each when the one before is ready. So the time of a start is
    that of one process alone.
    """

    def __init__(self, tree: SourceTree, folder: Path, replicas: int = 1) -> None:
        """Start nothing yet; `folder` gets sockets and logs, and its path must be short."""
        self._tree = tree
        self._folder = folder
        self._replicas = replicas
        self._children: list[tuple[str, ChildProcess]] = []
        self.start_seconds: dict[str, float] = {}
        self.url = ""

    def __enter__(self) -> Self:
        try:
            began = time.monotonic()
            child, self.url = start_redis(self._folder)
            self._note("redis", child, began)
            self._environ = {**self._tree.environment(), **self._settings()}
            self._start_model_server()
            self._start("alerter", 0)
            for slot in range(self._replicas):
                self._start("classifier", slot)
            for slot in range(self._replicas):
                self._start("preprocessor", slot)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End what has started, Redis last."""
        for _, child in reversed(self._children):
            child.stop(_STOP_SECONDS)
        self._children.clear()

    def start_recorder(self, sound: Path) -> None:
        """Start a recorder that plays a file in real time."""
        settings = {"MIC": STARTED_MIC, "INPUT": str(sound), "PACE": "realtime", "PROBE_PORT": "0"}
        self._start("recorder", 0, {f"TEARS_RECORDER_{name}": value for name, value in settings.items()})

    def start_journal(self) -> None:
        """Start the journal, if these sources have one."""
        if not (self._tree.root / "services" / "journal").is_dir():
            return
        data = self._folder / "journal"
        settings = {"DATA": str(data), "FOLDER": str(data / "recordings"), "PORT": "0", "PROBE_PORT": "0"}
        self._start("journal", 0, {f"TEARS_JOURNAL_{name}": value for name, value in settings.items()})

    def client(self) -> redis.Redis:
        """Return a new connection to this Redis."""
        return connect(self.url)

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time so far by the name of the stage, all its replicas together."""
        found: dict[str, float] = defaultdict(float)
        for name, child in self._children:
            found[name] += cpu_seconds(child.pid)
        return dict(found)

    def pss_mib(self) -> dict[str, float]:
        """Return the memory by the name of the stage, all its replicas together."""
        found: dict[str, float] = defaultdict(float)
        for name, child in self._children:
            found[name] += sum(map(pss_mib, with_descendants(child.pid)))
        return dict(found)

    def _settings(self) -> Mapping[str, str]:
        return {
            "TEARS_REDIS_URL": self.url,
            "TEARS_LOG_FORMAT": "text",
            "TEARS_ALERTER_STATE_PATH": str(self._folder / "alerter.sqlite"),
            "TEARS_ALERTER_SELFTEST_SECONDS": "0",
            "TEARS_CLASSIFIER_SERVER": self._model_address,
            "TEARS_CLASSIFIER_MODEL": SHIPPED_MODEL_NAME,
            **{f"TEARS_{name}_PROBE_PORT": "0" for name in ("PREPROCESSOR", "CLASSIFIER", "ALERTER")},
            # Notes of a model server about versions that have ended it.
            "TMPDIR": str(self._folder),
        }

    @property
    def _model_address(self) -> str:
        return f"unix:{self._folder / 'model.sock'}"

    def _start_model_server(self) -> None:
        began = time.monotonic()
        command = [sys.executable, "-m", "tears.model_server", "--port=0", "--rest_api_port=0", "--log_format=text"]
        command += [f"--model_name={SHIPPED_MODEL_NAME}", f"--model_base_path={self._tree.model_versions}"]
        command.append(f"--grpc_socket_path={self._folder / 'model.sock'}")
        child = ChildProcess("model server", command, self._environ, self._folder / "model-server.log")
        self._children.append(("model server", child))
        wait_until_serving(child, self._model_address)
        self.start_seconds["model server"] = time.monotonic() - began

    def _start(self, name: str, slot: int, settings: Mapping[str, str] | None = None) -> None:
        began = time.monotonic()
        environ = {**self._environ, "TEARS_SLOT": str(slot), **(settings or {})}
        log_path = self._folder / f"{name}-{slot}.log"
        child = ChildProcess(name, [sys.executable, "-m", f"tears.{name}"], environ, log_path)
        self._note(name, child, began)

    def _note(self, name: str, child: ChildProcess, began: float) -> None:
        self._children.append((name, child))
        if name != "redis":
            child.wait_until_ready(lambda: _is_ready(child))
        self.start_seconds.setdefault(name, time.monotonic() - began)


def _is_ready(child: ChildProcess) -> bool | str:
    """Return whether /readyz answers 200, or what is missing."""
    if child.probe_port is None:
        return "no probes yet"
    connection = http.client.HTTPConnection("127.0.0.1", child.probe_port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        reply = connection.getresponse()
        return reply.status == http.HTTPStatus.OK or reply.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    finally:
        connection.close()
