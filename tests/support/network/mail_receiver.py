"""A receiver of e-mails: an SMTP server of a few lines, for the one client that the tests have."""

import socket
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import BinaryIO, Self, cast


class MailReceiver:
    """Remembers the e-mails that it has taken. Use it as a context manager."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def url(self) -> str:
        """Return a URL for `TEARS_ALERTER_NOTIFY`."""
        return f"mailto://127.0.0.1:{self.port}/?from=tears@example.org&to=parent@example.org&mode=insecure"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as lines:
                self._talk(cast("BinaryIO", lines))

    def _talk(self, lines: BinaryIO) -> None:
        def say(text: bytes) -> None:
            lines.write(text + b"\r\n")
            lines.flush()

        say(b"220 ready")
        while command := lines.readline():
            verb = command[:4].upper()
            if verb == b"DATA":
                say(b"354 go on")
                body = b""
                while (line := lines.readline()) not in {b".\r\n", b""}:
                    body += line.removeprefix(b".")
                self.taken.append(message_from_bytes(body, policy=default))
            say({b"QUIT": b"221 bye"}.get(verb, b"250 ok"))
            if verb == b"QUIT":
                return
