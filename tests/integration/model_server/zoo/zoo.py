"""The models that the tests serve, made once per run."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.places import TESTS

_TESTS = TESTS


def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `<model>/1/` for each model of `make_zoo`, made at the first call. Only read it."""
    return _make(tmp_path_factory.getbasetemp() / "zoo")


@functools.cache
def _make(root: Path) -> Path:
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "integration.model_server.zoo.make_zoo", str(root)]
    made = subprocess.run(command, cwd=_TESTS, env=environ, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return root
