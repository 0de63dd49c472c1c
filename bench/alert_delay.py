"""Measure the time from a detection in Redis to the notice at a receiver, while other receivers hang."""

import contextlib
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import redis
from rich.console import Console
from rich.progress import track

from bench.bench_figure import BenchFigure
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
from tears.cli.pipeline.private_redis import start_redis
from tears.kit.messages import Detection, WindowHeader
from tears.kit.redis_client import connect
from tears.kit.streams.names import BODY, DETECTIONS_STREAM

RECEIVERS = 10
HANGING_RECEIVERS = 3
MEASURED_ALERTS = 40
BAR_DELAY_MILLISECONDS = 150.0
# A notice that has not come by then is counted with this time.
LONGEST_DELAY_SECONDS = 5.0
STOP_SECONDS = 15.0
# Between two episodes, so that each is measured alone.
ALERT_PAUSE_SECONDS = 0.5
_SCORES = (*[0.05] * 5, *[0.95] * 12)


class _Phones:
    """All receivers in one HTTP server, by the path; notes when the notice about a room came to which receiver."""

    def __init__(self) -> None:
        phones = self
        self.arrivals: dict[tuple[str, str], float] = {}
        self.has_news = threading.Condition()
        self._end = threading.Event()

        class PhoneRequest(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                notice = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path.startswith("/hangs"):
                    phones._end.wait()
                phones.note(self.path, notice["title"].partition(":")[0])
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), PhoneRequest)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def note(self, path: str, room: str) -> None:
        """Note that a notice about a room has come."""
        with self.has_news:
            self.arrivals.setdefault((path, room), time.monotonic())
            self.has_news.notify_all()

    def wait_for(self, room: str, paths: Sequence[str]) -> list[float]:
        """Return when the notice about a room came to each receiver."""
        wanted = [(path, room) for path in paths]
        with self.has_news:
            self.has_news.wait_for(lambda: all(one in self.arrivals for one in wanted), LONGEST_DELAY_SECONDS)
        late = time.monotonic() + LONGEST_DELAY_SECONDS
        return [self.arrivals.get(one, late) for one in wanted]

    def close(self) -> None:
        """End, and let those that hang go."""
        self._end.set()
        self._server.shutdown()


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Let one room after the other cry, and note when each receiver that answers is told."""
    answering = [f"/answers{k}" for k in range(RECEIVERS - HANGING_RECEIVERS)]
    hanging = [f"/hangs{k}" for k in range(HANGING_RECEIVERS)]
    phones = _Phones()
    delays: list[float] = []
    with _alerter(folder, phones.port, [*answering, *hanging]) as client:
        for number in track(range(MEASURED_ALERTS + 1), "alerting", console=console, transient=True):
            room = f"room{number}"
            begun_at = _cry(client, room)
            arrivals = phones.wait_for(room, answering)
            # The first one waits until the alerter has started.
            delays += [1_000.0 * (at - begun_at) for at in arrivals if number]
            time.sleep(ALERT_PAUSE_SECONDS)
    phones.close()
    p95 = statistics.quantiles(delays, n=20)[-1]
    what = f"detection to notice with {RECEIVERS} receivers of which {HANGING_RECEIVERS} hang, p95"
    note = f"p50 {statistics.median(delays):.0f} ms, {len(delays)} notices"
    return [BenchFigure(what, p95, "ms", BAR_DELAY_MILLISECONDS, note=note)]


@contextlib.contextmanager
def _alerter(folder: Path, port: int, paths: Sequence[str]) -> Iterator[redis.Redis]:
    """Run a Redis and an alerter with these receivers."""
    rules = folder / "alerts.toml"
    rules.write_text(
        "\n".join(
            f'[[receivers]]\nname = "{path}"\nurls = "json://127.0.0.1:{port}{path}"\nkinds = "crying"\n'
            for path in paths
        )
    )
    server, url = start_redis(folder)
    environ = {
        **inherited_environment(),
        "TEARS_REDIS_URL": url,
        "TEARS_ALERTER_RULES": str(rules),
        "TEARS_ALERTER_STATE_PATH": str(folder / "alerter.sqlite"),
        "TEARS_ALERTER_PROBE_PORT": "0",
        "TEARS_ALERTER_SELFTEST_SECONDS": "0",
    }
    alerter = ChildProcess("alerter", [sys.executable, "-m", "tears.alerter"], environ, folder / "alerter.log")
    try:
        with connect(url) as client:
            alerter.wait_for_line(r"probes on port \d+")
            yield client
    finally:
        alerter.stop(STOP_SECONDS)
        server.stop(STOP_SECONDS)


def _cry(client: redis.Redis, room: str) -> float:
    """Publish the windows of a cry, and return when the last one was in Redis."""
    now_seconds = time.time()
    with client.pipeline(transaction=False) as pipeline:
        for index, score in enumerate(_SCORES):
            header = WindowHeader(
                mic=room,
                session="bench",
                index=index,
                start_seconds=float(index),
                end_seconds=index + 5.0,
                captured_at_seconds=now_seconds - len(_SCORES) + index,
                level_dbfs=-20.0,
            )
            scores = (("noise", 1.0 - score), ("crying", score))
            detection = Detection(header=header, scores=scores, model="cry", model_version=1)
            pipeline.xadd(DETECTIONS_STREAM, {BODY: detection.encode()})
        pipeline.execute()
    return time.monotonic()
