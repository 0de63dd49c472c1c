"""Our services as real processes."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from prometheus_client.parser import text_string_to_metric_families
from support.waiting import wait_until

START_SECONDS = 60.0
EXIT_SECONDS = 60.0

# A slow machine is no overload, so no test loses windows by it. A test of an overload sets its own limits.
NEVER_OVERLOADED: Mapping[str, Mapping[str, str]] = {
    "tears.preprocessor": {"TEARS_PREPROCESSOR_OVERLOAD_SECONDS": "inf"},
    "tears.classifier": {"TEARS_CLASSIFIER_OVERLOAD_SECONDS": "inf"},
}

_PROBE_PORT = re.compile(r"probes on port (\d+)")


class ServiceProcess:
    """`python -m <module>` with its own environment; killed at the end of the `with` block if it still runs."""

    def __init__(
        self, module: str, environ: Mapping[str, str], log_path: Path, *, arguments: Sequence[str] = ()
    ) -> None:
        """Start at once.

        Args:
            module: For example `tears.preprocessor`.
            environ: Its `TEARS_*` variables, the only ones it gets beside those of NEVER_OVERLOADED; set the probe port
                to 0, or tests share one.
            log_path: Gets its standard output and error, appended.
            arguments: Of its command line.
        """
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TEARS_")}
        self._log_path = log_path
        self._log_begins_at = log_path.stat().st_size if log_path.exists() else 0
        with log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env={**inherited, "PYTHONUNBUFFERED": "1", **NEVER_OVERLOADED.get(module, {}), **environ},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def log(self) -> str:
        """Return what it has printed so far."""
        return self._log_path.read_bytes()[self._log_begins_at :].decode(errors="replace")

    def wait_for_log(self, pattern: str, deadline_seconds: float = START_SECONDS) -> re.Match[str]:
        """Block until a line of the log matches.

        Raises:
            AssertionError: The process ended without it.
            TimeoutError: It did not come in time.
        """

        def look() -> re.Match[str] | None:
            running = self.is_running
            found = re.search(pattern, self.log())
            assert found or running, f"ended with {self._process.returncode} before {pattern!r}:\n{self.log()}"
            return found

        found = wait_until(look, deadline_seconds, describe=lambda: f"{pattern!r} in the log:\n{self.log()}")
        assert found is not None
        return found

    @property
    def probe_port(self) -> int:
        """The port of its probes, from its first line; waits for that line."""
        return int(self.wait_for_log(_PROBE_PORT.pattern)[1])

    def probe(self, path: str) -> tuple[int, str]:
        """GET `/healthz`, `/readyz` or `/metrics`; return status and text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.probe_port}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def wait_until_ready(self, deadline_seconds: float = START_SECONDS) -> None:
        """Block until /readyz answers 200."""
        wait_until(
            lambda: self.probe("/readyz")[0] == 200,
            deadline_seconds,
            describe=lambda: f"ready: {self.probe('/readyz')[1]}{self.log()}",
        )

    def metric(self, name: str, **labels: str) -> float:
        """Return the value of one sample of /metrics, by its full name; 0 if it is not shown yet."""
        for family in text_string_to_metric_families(self.probe("/metrics")[1]):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return 0.0

    def terminate(self) -> None:
        """Ask it to drain (SIGTERM)."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: signal.Signals) -> None:
        """Send any signal and return at once."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it (SIGKILL) and wait until it is gone."""
        self._process.kill()
        self._process.wait(timeout=EXIT_SECONDS)

    def wait_for_exit(self, deadline_seconds: float = EXIT_SECONDS) -> int:
        """Wait until it ends, and return its exit status; negative for a signal.

        Raises:
            AssertionError: It did not end in time.
        """
        try:
            return self._process.wait(timeout=deadline_seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {deadline_seconds:g} s:\n{self.log()}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_running:
            self.kill()
