"""The official package as an independent judge, and our server for it to judge."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from integration.model_server.zoo import zoo as makers
from support.processes.service_process import ServiceProcess

START_SECONDS = 100.0  # for a server that imports TensorFlow, on a busy machine


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
        """Block until the judge has answered.

        Raises:
            AssertionError: It could not do what it was asked, or has ended.
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
        """End it, without the seconds that TensorFlow takes to exit."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the small models; only read it."""
    return makers.zoo(tmp_path_factory)


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """Start the judge once: it takes seconds to import TensorFlow."""
    judge = Judge(tmp_path_factory.mktemp("judge") / "log")
    yield judge
    judge.close()


def model_config(zoo: Path, path: Path, names: Sequence[str]) -> str:
    """Write a configuration with these models of the zoo; return the flag that serves it."""
    entries = (f'config {{ name: "{name}" base_path: "{zoo / name}" model_platform: "tensorflow" }}' for name in names)
    path.write_text(f"model_config_list {{ {' '.join(entries)} }}")
    return f"--model_config_file={path}"


@contextmanager
def our_process(folder: Path, *flags: str) -> Iterator[str]:
    """Start our server as a process; yield its address."""
    with ServiceProcess("tears.model_server", {}, folder / "log", arguments=["--port=0", *flags]) as process:
        started = process.wait_for_log(r"gRPC on port (\d+)", START_SECONDS)
        yield f"localhost:{started[1]}"


@pytest.fixture(scope="session")
def our_server(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of our server with those models of the zoo that LiteRT runs."""
    folder = tmp_path_factory.mktemp("lean")
    models = model_config(zoo, folder / "config", ["cry", "sum", "two_signatures", "nan"])
    with our_process(folder, models, "--allow_reload_config_request") as address:
        yield address


@pytest.fixture(scope="session")
def our_tensorflow_server(zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of our server with models that parse tf.Examples, which TensorFlow runs."""
    folder = tmp_path_factory.mktemp("tensorflow")
    with our_process(folder, model_config(zoo, folder / "config", ["examples", "tensorflow_1"])) as address:
        yield address


@pytest.fixture(scope="session")
def official_server(judge: Judge, zoo: Path) -> str:
    """Start a server of the official servicers that runs the cry model's SavedModel with TensorFlow as version 7."""
    port = judge("serve", model="cry", folder=str(zoo / "cry" / "1"), version=7)
    return f"localhost:{port}"
