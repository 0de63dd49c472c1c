"""The Redis that a private pipeline runs."""

import os
import shutil
from pathlib import Path

import pytest

from tears.cli.pipeline.private_redis import server_program


def test_the_redis_server_of_the_system_is_preferred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert server_program() == "/usr/bin/redis-server"


def test_without_a_redis_server_the_embedded_valkey_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    program = Path(server_program())
    assert program.name == "valkey-server"
    assert os.access(program, os.X_OK)
