"""Run the demo's rooms through the real services on this machine, with a real Prometheus that scrapes them."""

import json
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Self

from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.stop_signals import tidying_up
from tears.samples.scene import Scene
from tears.samples.scene_files import write_scene

# Not through the proxy that http_proxy names: Prometheus is on this machine.
OPENER_TO_WATCHED = urllib.request.build_opener(urllib.request.ProxyHandler({}))

MONITORING: Final = Path(__file__).parents[1] / "monitoring"
PROMETHEUS_START_SECONDS: Final = 60.0
WAIT_STEP_SECONDS: Final = 0.2


class NoPrometheusError(RuntimeError):
    """Raised when the program `prometheus` is not installed or does not start."""


class WatchedDemo:
    """A context manager: inside it the rooms are played, and a Prometheus at `url` scrapes all services."""

    def __init__(self, rooms: Mapping[str, Scene], *, pace: str = "realtime", scrape_seconds: int = 5) -> None:
        """Prepare the demo without starting it; `pace` is `realtime`, or `fast` as in `tears replay`.

        Raises:
            NoPrometheusError: Prometheus is not installed.
        """
        if (program := shutil.which("prometheus")) is None:
            raise NoPrometheusError("the program `prometheus` is missing: sudo apt install prometheus")
        self._program = program
        self._rooms = rooms
        self._pace = pace
        self._scrape_seconds = scrape_seconds
        self._folder = Path(tempfile.mkdtemp(prefix="tears-watched-"))
        self.pipeline = LocalPipeline(PipelinePlan(private=True, model_rest_port=-1))
        self._prometheus: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop all processes and delete all files."""
        with tidying_up() as hurry:
            self.pipeline.close(hurry)
        if self._prometheus is not None:
            self._prometheus.terminate()
            self._prometheus.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait(self, look: Callable[[], bool], what: str, deadline_seconds: float) -> None:
        """Block until `look` returns True, and restart services that die meanwhile.

        Raises:
            TimeoutError: It did not return True in time.
        """
        until = time.monotonic() + deadline_seconds
        while not look():
            self.pipeline.restart_dead_processes()
            if time.monotonic() > until:
                raise TimeoutError(f"no {what} within {deadline_seconds:g} s")
            time.sleep(WAIT_STEP_SECONDS)

    def _start(self) -> None:
        self.pipeline.__enter__()
        targets = [
            (child.name.replace(" ", "-"), int(child.wait_for_line(r"(?:probes|REST) on port (\d+)").group(1)))
            for child in self.pipeline.children
        ]
        paths = {mic: write_scene(scene, self._folder, mic) for mic, scene in self._rooms.items()}
        # Scraping begins before the first sound, so that Prometheus sees each counter at zero.
        self._watch(targets)
        self.wait(self._is_up, "answer of Prometheus", PROMETHEUS_START_SECONDS)
        for mic, path in paths.items():
            self.pipeline.play(mic, path, self._pace)
            port = int(self.pipeline.recorders[mic].wait_for_line(r"probes on port (\d+)").group(1))
            targets.append(("recorder", port))
            self._write_targets(targets)

    def _watch(self, targets: list[tuple[str, int]]) -> None:
        """Start Prometheus on a free port, with the rules in `monitoring/`."""
        self._write_targets(targets)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        scrape = {"file_sd_configs": [{"files": ["targets*.json"], "refresh_interval": "1s"}]}
        interval = f"{self._scrape_seconds}s"
        config = {
            "global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval},
            "rule_files": [str(MONITORING / "rules" / "*.yml")],
            # Each target brings its label `job`. The model server has its metrics at TF Serving's path.
            "scrape_configs": [{"job_name": "tears", **scrape}],
        }
        # JSON is valid YAML.
        (self._folder / "prometheus.yml").write_text(json.dumps(config))
        with (self._folder / "prometheus.log").open("wb") as log:
            options = ["--config.file=prometheus.yml", "--storage.tsdb.path=tsdb"]
            self._prometheus = subprocess.Popen(  # noqa: S603 - a program of the system
                [self._program, *options, f"--web.listen-address=127.0.0.1:{port}"],
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )

    def _write_targets(self, targets: list[tuple[str, int]]) -> None:
        paths = {"model-server": "/monitoring/prometheus/metrics"}
        listed = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"job": job, "__metrics_path__": paths.get(job, "/metrics")}}
            for job, port in targets
        ]
        # The file is renamed into place, because Prometheus must not read half of it.
        fresh = self._folder / "fresh.json"
        fresh.write_text(json.dumps(listed))
        fresh.rename(self._folder / "targets.json")

    def _is_up(self) -> bool:
        if self._prometheus is not None and self._prometheus.poll() is not None:
            raise NoPrometheusError((self._folder / "prometheus.log").read_text()[-2_000:])
        try:
            with OPENER_TO_WATCHED.open(f"{self.url}/-/ready", timeout=1.0):
                return True
        except OSError:
            return False
