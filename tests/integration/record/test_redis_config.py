"""The configuration of Redis that the docs offer."""

import subprocess
import tempfile
from pathlib import Path

import pytest
import redis
from support.places import ROOT
from support.redis.servers import installed_programs
from support.waiting import wait_until

from tears.kit.redis_client import connect

CONFIG = ROOT / "docs" / "systemd" / "redis-tears.conf"


@pytest.mark.parametrize("program", installed_programs().values(), ids=installed_programs().keys())
def test_a_server_accepts_it_and_keeps_sound_off_the_disk_and_within_bounds(program: str) -> None:
    with tempfile.TemporaryDirectory(prefix="tears-") as folder:
        socket = f"{folder}/redis.sock"
        config = Path(folder) / CONFIG.name
        # The package of an installed Redis makes its folder.
        config.write_text(CONFIG.read_text().replace("dir /var/lib/redis", f"dir {folder}"))
        command = [program, str(config), "--port", "0", "--unixsocket", socket]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connect(f"unix://{socket}") as client:
                wait_until(lambda: server.poll() is not None or answers(client), describe="an answer")
                expected = {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
                assert client.config_get(*expected) == expected
                assert 100e6 < int(client.config_get("maxmemory")["maxmemory"]) < 400e6
                assert client.config_get("bind") == {"bind": "127.0.0.1 -::1"}
        finally:
            server.kill()
            server.wait()


def answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
