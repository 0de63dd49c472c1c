"""The official package as an independent judge, and our server for it to judge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.model_server import zoo as makers
from integration.model_server.served import port_of
from support.processes import ServiceProcess


class Judge:
    """Sends commands to `judge.py` and returns its answers."""

    def __init__(self, log_path: Path) -> None:
        script = Path(__file__).with_name("judge.py")
        environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1"}
        self._log_path = log_path
        with log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(script)],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __call__(self, do: str, **arguments: Any) -> Any:
        """Blocks until the judge has answered.

        Raises:
            AssertionError: It could not do what it was told, or has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the judge has ended:\n{self._log_path.read_text(errors='replace')}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def close(self) -> None:
        """Ends it, without the seconds that TensorFlow takes to leave."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small models; only read it."""
    return makers.zoo(tmp_path_factory)


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """The judge, started once: importing TensorFlow takes it seconds."""
    judge = Judge(tmp_path_factory.mktemp("judge") / "log")
    yield judge
    judge.close()


@pytest.fixture(scope="session")
def our_servers(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Our server's address for each model of the zoo that is asked for here."""
    folder = tmp_path_factory.mktemp("servers")
    processes = {
        name: ServiceProcess(
            "tears.model_server",
            {},
            folder / f"{name}.log",
            arguments=["--port=0", f"--model_name={name}", f"--model_base_path={zoo / name}"],
        )
        for name in ("cry", "sum", "two_signatures", "nan")
    }
    try:
        yield {name: f"localhost:{port_of(process)}" for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.kill()


@pytest.fixture(scope="session")
def official_server(judge: Judge, zoo: Path) -> str:
    """A server on the official servicers that runs the cry model's SavedModel with TensorFlow; version 7."""
    port = judge("serve", model="cry", folder=str(zoo / "cry" / "1"), version=7)
    return f"localhost:{port}"
