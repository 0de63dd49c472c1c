"""A real MQTT broker, Mosquitto, that a test may stop, freeze and start again on the same port."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from support.network.certificates import Certificate
from support.network.reserved_port import reserved_port
from support.waiting import wait_until

START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Login:
    """Who may connect."""

    username: str
    password: str


class Mosquitto:
    """Listens on its own port of the loopback. It keeps nothing on a disk, so a new start begins empty."""

    def __init__(self, *, login: Login | None = None, certificate: Certificate | None = None) -> None:
        """Start nothing yet.

        Args:
            login: The only one that may connect; None lets everybody.
            certificate: For TLS; None is without.

        Raises:
            FileNotFoundError: Mosquitto is not installed.
        """
        # Debian has it where only root looks.
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise FileNotFoundError("no mosquitto: sudo apt install mosquitto")
        self._program = program
        self._folder = Path(tempfile.mkdtemp(prefix="tears-"))
        self._reserved = contextlib.ExitStack()
        self.port = self._reserved.enter_context(reserved_port())
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'false' if login else 'true'}",
            "persistence false",
            # Else it gives up its rights, and cannot read the test's folder.
            "user root",
        ]
        if login:
            passwords = self._folder / "passwords"
            passwords.write_text(f"{login.username}:{login.password}\n")
            # This replaces each password by its digest.
            subprocess.run(["mosquitto_passwd", "-U", passwords], check=True, capture_output=True)  # noqa: S607
            lines.append(f"password_file {passwords}")
        if certificate:
            for name, text in (("certfile", certificate.chain), ("keyfile", certificate.key)):
                (self._folder / name).write_text(text)
                lines.append(f"{name} {self._folder / name}")
        self._config = self._folder / "mosquitto.conf"
        self._config.write_text("".join(f"{line}\n" for line in lines))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is, without a login."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, "-c", self._config], stdout=log, stderr=log)
        try:
            wait_until(self._is_open, START_SECONDS, describe=(self._folder / "log").read_text)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill it: it says good-bye to nobody, and forgets what it kept."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Stop it where it is; its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._reserved.close()
        shutil.rmtree(self._folder)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _is_open(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0):
                return True
        except OSError:
            return False
