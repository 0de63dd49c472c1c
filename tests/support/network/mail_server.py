"""A receiver of mails: a real SMTP server that Apprise's `mailto://` sends to."""

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from typing import Self


class MailServer:
    """Remembers the mails it has taken, as Mailpit does. Use it as a context manager."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 sink")
                while line := self.rfile.readline():
                    command = line.split(b" ")[0].strip().upper()
                    if command == b"QUIT":
                        self._say("221 bye")
                        return
                    if command == b"DATA":
                        self._take_mail()
                    else:
                        self._say("250 sink")

            def _take_mail(self) -> None:
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline()) not in {b".\r\n", b""}:
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                mail = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                server.mails.append(mail)
                self._say("250 taken")

            def _say(self, text: str) -> None:
                self.wfile.write(f"{text}\r\n".encode())

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def url(self) -> str:
        """Return a URL for a receiver."""
        return f"mailto://127.0.0.1:{self.port}?from=tears@example.org&to=mum@example.org&mode=insecure"

    def subjects(self) -> list[str]:
        """Return the subject of each mail."""
        return [str(mail["Subject"]) for mail in list(self.mails)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
