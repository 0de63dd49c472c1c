"""A camera with RTSP: 16-bit sound, and pictures that no client should ask for, in RTP packets through TCP."""

import contextlib
import re
import socketserver
import struct
import threading
from typing import Self

STEP_SECONDS = 0.02
# The static payload types of RFC 3551: 16-bit samples at 44.1 kHz, two channels; motion JPEG.
L16, JPEG = 10, 26
RATE_HZ, CHANNELS = 44_100, 2
STEP_SAMPLES = round(STEP_SECONDS * RATE_HZ)  # 882
_SDP = f"""v=0
o=- 0 0 IN IP4 127.0.0.1
s=camera
t=0 0
m=video 0 RTP/AVP {JPEG}
a=control:pictures
m=audio 0 RTP/AVP {L16}
a=control:sound
""".replace("\n", "\r\n")


class _Listener(socketserver.ThreadingTCPServer):
    def __init__(self, pcm: bytes) -> None:
        self.pcm = pcm
        self.asked_for: list[str] = []
        self.is_gone = threading.Event()
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while request := self._request():
                self.server.asked_for.append(request.splitlines()[0])
                self._answer(request)
                if request.startswith("PLAY"):
                    self._play()
                    return

    def _request(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()).strip():
            lines.append(line)
        return "".join(lines)

    def _answer(self, request: str) -> None:
        found = re.search(r"^CSeq: *(\d+)", request, re.MULTILINE | re.IGNORECASE)
        assert found is not None
        head, body = f"RTSP/1.0 200 OK\r\nCSeq: {found[1]}\r\nSession: 5\r\n", ""
        if request.startswith("OPTIONS"):
            head += "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif request.startswith("DESCRIBE"):
            head += f"Content-Type: application/sdp\r\nContent-Length: {len(_SDP)}\r\n"
            body = _SDP
        elif request.startswith("SETUP"):
            head += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        self.wfile.write(f"{head}\r\n{body}".encode())

    def _play(self) -> None:
        step_bytes = STEP_SAMPLES * CHANNELS * 2
        for number, begin in enumerate(range(0, len(self.server.pcm), step_bytes)):
            if self.server.is_gone.wait(STEP_SECONDS):
                return
            header = struct.pack(">BBHII", 0x80, L16, number & 0xFFFF, number * STEP_SAMPLES, 5)
            packet = header + self.server.pcm[begin : begin + step_bytes]
            self.wfile.write(struct.pack(">cBH", b"$", 0, len(packet)) + packet)


class RtspServer:
    """A context that serves one sound to every client, from its beginning and in real time."""

    def __init__(self, pcm: bytes) -> None:
        """Serve at once.

        Args:
            pcm: int16, big-endian, at 44.1 kHz, two channels, interleaved.
        """
        self._server = _Listener(pcm)
        self.asked_for = self._server.asked_for
        self._thread = threading.Thread(target=self._server.serve_forever, args=[STEP_SECONDS])
        self._thread.start()

    @property
    def url(self) -> str:
        """The URL of the stream."""
        return f"rtsp://127.0.0.1:{self._server.server_address[1]}/nursery"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.is_gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
