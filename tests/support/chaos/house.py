"""A house of real processes, each with its own way to a durable Redis, that play a night of known scores."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from support.chaos.crying_night import judge, write_night
from support.chaos.fault_plan import SERVICES
from support.network.cuttable_proxy import CuttableProxy
from support.network.model_servers import FakeModelServer
from support.network.receivers import NoticeReceiver
from support.policies import policy_settings
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer

from tears.kit.registry.rooms import RoomRecord, read_rooms
from tears.tfserving.v1 import predict_pb2

logger = logging.getLogger(__name__)

ROOMS = ("nursery", "attic")
SESSION = "night"
# Slows the pipeline down, so that faults have the time to happen while windows are under way.
_WINDOW_SECONDS = 0.01
# Long enough for the others to go on by more chunks than a stream keeps, before the work of a dead one is taken over.
_CLAIM_IDLE_SECONDS = 5


class House:
    """Two rooms. Everything runs within the `with` block."""

    def __init__(self, folder: Path) -> None:
        """Start nothing yet; `folder` gets the logs and the state."""
        self._folder = folder
        self._night = folder / "night.wav"
        self._pause = threading.Event()
        self.redis = RedisServer(durable=True)
        self.model = FakeModelServer(folder)
        self.model.answer = self._judge
        self.receiver = NoticeReceiver()
        self.processes: dict[str, ServiceProcess] = {}
        self.proxies: dict[str, CuttableProxy] = {}
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        write_night(self._night)
        with self._exits as exits:
            exits.enter_context(self.redis)
            exits.enter_context(self.model)
            exits.enter_context(self.receiver)
            exits.callback(self._kill_all)
            socket = Path(self.redis.url.removeprefix("unix://"))
            for service in SERVICES:
                self.proxies[service] = exits.enter_context(CuttableProxy(socket))
            for service in SERVICES:
                self.start(service)
            self._exits = exits.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    def start(self, service: str) -> None:
        """Start a service, or start it again after its end."""
        kind, _, slot = service.partition("-")
        log = self._folder / f"{service}.log"
        environ = {
            "TEARS_REDIS_URL": f"redis://{self.proxies[service].address}",
            "TEARS_HOST": "house",
            "TEARS_SLOT": slot,
            "TEARS_LOG_FORMAT": "text",
            f"TEARS_{kind.upper()}_PROBE_PORT": "0",
            **self._settings(kind, int(slot)),
        }
        self.processes[service] = ServiceProcess(f"tears.{kind}", environ, log)

    def rooms(self) -> dict[str, RoomRecord]:
        """Return what the alerter shows; raises redis-py's errors."""
        with contextlib.closing(self.redis.client()) as client:
            return read_rooms(client)

    def logs(self) -> Iterator[str]:
        """Yield the last lines of each service."""
        for service in SERVICES:
            text = (self._folder / f"{service}.log").read_text(errors="replace")
            lines = [line[:300] for line in text.splitlines()]
            yield "\n".join([f"---- {service}", *lines[-25:]])

    def _settings(self, kind: str, slot: int) -> dict[str, str]:
        settings_of_stage = {"CLAIM_IDLE_SECONDS": str(_CLAIM_IDLE_SECONDS), "DELIVERY_CAP": "100"}
        stage = {f"TEARS_{kind.upper()}_{name}": value for name, value in settings_of_stage.items()}
        match kind:
            case "recorder":
                settings = {
                    "MIC": ROOMS[slot],
                    "INPUT": str(self._night),
                    "PACE": "fast",
                    "SESSION": SESSION,
                    "LEASE_SECONDS": "1",
                    # Keeps the whole night, so that it can send everything again.
                    "SPOOL_SECONDS": "3600",
                    "STREAM_SECONDS": "60",
                }
                return {f"TEARS_RECORDER_{name}": value for name, value in settings.items()}
            case "preprocessor":
                return {"TEARS_PREPROCESSOR_GAIN_DB": "0", **stage}
            case "classifier":
                return {"TEARS_CLASSIFIER_SERVER": self.model.address, **stage}
            case _:
                return {
                    **policy_settings(),
                    "TEARS_ALERTER_STATE_PATH": str(self._folder / "alerter.sqlite"),
                    "TEARS_ALERTER_NOTIFY": self.receiver.url(),
                    # As in a replay: nothing is given up, so a window that is lost shows.
                    "TEARS_ALERTER_LATENESS_SECONDS": "inf",
                    "TEARS_ALERTER_DEAF_SECONDS": "inf",
                    "TEARS_ALERTER_SELFTEST_SECONDS": "0",
                }

    def _judge(self, request: predict_pb2.PredictRequest) -> dict[str, float]:
        self.model.requests.clear()
        self._pause.wait(_WINDOW_SECONDS)
        return judge(request)

    def _kill_all(self) -> None:
        for process in self.processes.values():
            if process.is_running:
                process.kill()
