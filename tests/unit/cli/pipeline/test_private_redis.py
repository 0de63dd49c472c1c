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


@pytest.mark.parametrize(
    ("version", "name"), [("6.0.16", "valkey-server"), ("7.0.15", "redis-server"), ("10.2.0", "redis-server")]
)
def test_a_redis_of_the_system_that_is_too_old_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, name: str
) -> None:
    program = tmp_path / "redis-server"
    program.write_text(f"#!/bin/sh\necho Redis server v={version} sha=00000000:0 malloc=jemalloc-5.2.1 bits=64\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    assert Path(server_program()).name == name
