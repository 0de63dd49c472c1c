"""Swap a model a hundred times under load: no request may fail, and no memory may remain in use."""

import threading
import time
from pathlib import Path
from typing import Final

import numpy as np

from bench.bench_figure import BenchFigure
from bench.model_server import served_model
from bench.model_server.served_model import CALL_DEADLINE_SECONDS, ServedModel, predict_request

HOT_SWAPS: Final = 100
CALLERS: Final = 2
BAR_GROWTH_MIB: Final = 5.0


class Callers:
    """Threads that send requests all the time, and count the answers and failures."""

    def __init__(self, served: ServedModel) -> None:
        """Start the threads."""
        self.failures: list[str] = []
        self.answers = 0
        self._newest = 0
        self._served = served
        self._request = predict_request(np.float32)
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, version: int) -> None:
        """Block until `version` has answered; raise TimeoutError if it has not in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._newest >= version, CALL_DEADLINE_SECONDS):
                raise TimeoutError(f"version {version} answered nothing; failures: {self.failures[:3]}")

    def stop(self) -> None:
        """End the threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                version = served_model.version_of(self._served.predict(self._request, timeout=CALL_DEADLINE_SECONDS))
            except Exception as error:  # noqa: BLE001 - any error is a failed request
                self.failures.append(str(error))
                time.sleep(0.01)
                continue
            with self._changed:
                self.answers += 1
                self._newest = max(self._newest, version)
                self._changed.notify_all()


def measure(folder: Path, model: Path) -> list[BenchFigure]:
    """Replace a model by itself under a new version number, again and again.

    The memory at the end is compared with that after the first swap. Each time one version is left; during a swap there
    are two.
    """
    base_path = folder / "swapped"
    base_path.mkdir()
    (base_path / "1").symlink_to(model / "1")
    with served_model.serving(base_path, folder / "swaps.log", ["--file_system_poll_wait_seconds=0.05"]) as served:
        callers = Callers(served)
        try:
            _swap(base_path, model, callers, 2)
            before_mib = _settled_rss_mib(served)
            for number in range(3, HOT_SWAPS + 3):
                _swap(base_path, model, callers, number)
            after_mib = _settled_rss_mib(served)
        finally:
            callers.stop()
    note = f"{before_mib:.1f} to {after_mib:.1f} MiB, {callers.answers} answers"
    failures, first = len(callers.failures), str(callers.failures[:1])
    return [
        BenchFigure(f"failed requests in {HOT_SWAPS} hot swaps", failures, "", 0, note=first),
        BenchFigure(f"RSS growth over {HOT_SWAPS} hot swaps", after_mib - before_mib, "MiB", BAR_GROWTH_MIB, note=note),
    ]


def _settled_rss_mib(served: ServedModel) -> float:
    """Return the memory once every version except the newest is unloaded."""
    served_model.wait_for(lambda: served.loaded_versions() == 1 or None, "older versions unloaded")
    return served.rss_mib()


def _swap(base_path: Path, model: Path, callers: Callers, number: int) -> None:
    (base_path / str(number)).symlink_to(model / "1")
    callers.wait_for(number)
    (base_path / str(number - 1)).unlink()
