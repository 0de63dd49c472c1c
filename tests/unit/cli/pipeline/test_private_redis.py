"""The Redis that a private pipeline runs."""

import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from support.waiting import wait_until

from tears.cli.pipeline.private_redis import server_program, start_redis, wake_readers
from tears.kit.redis_client import connect


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


def test_a_reader_that_waits_for_entries_is_woken() -> None:
    answers: list[Any] = []
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        child, url = start_redis(Path(folder))
        with connect(url) as client, connect(url) as reading:
            # It would wait until Redis ends.
            reading.connection_pool.connection_kwargs["socket_timeout"] = None
            reader = threading.Thread(
                target=lambda: answers.append(reading.xread({"stream": "$"}, block=0)), daemon=True
            )
            reader.start()

            def is_waiting() -> bool:
                clients: Any = client.client_list()
                return any("b" in one["flags"] for one in clients)

            wait_until(is_waiting)
            wake_readers(client)
            reader.join(30.0)
            assert answers == [[]]
        child.stop(10)
        wake_readers(client)  # nobody waits in a Redis that has ended
