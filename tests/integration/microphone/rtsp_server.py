"""A camera with RTSP: 16-bit sound in RTP packets through TCP, and pictures, which are announced and never sent.

Most cameras give their sound alone. What a camera does that gives it only to a client that asks for its pictures too is
a `Strictness`.
"""

import contextlib
import enum
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
_HEAD = f"""v=0
o=- 0 0 IN IP4 127.0.0.1
s=camera
t=0 0
m=video 0 RTP/AVP {JPEG}
a=control:pictures
"""
_SOUND = f"""m=audio 0 RTP/AVP {L16}
a=control:sound
"""
# Tracks that come before the sound: one that nobody decodes, and one on which a camera waits for the sound of its
# user. Neither ever gives anything.
OTHER_TRACKS = """m=audio 0 RTP/AVP 99
a=rtpmap:99 X-UNHEARD-OF/8000
a=control:unknown
m=audio 0 RTP/AVP 0
a=sendonly
a=control:talk
"""


class Strictness(enum.Enum):
    """The answer of the camera to a client that asks for the sound alone."""

    GIVES_SOUND = enum.auto()
    GIVES_NOTHING = enum.auto()
    REFUSES_TO_PLAY = enum.auto()
    BREAKS_OFF_AFTER_A_SECOND = enum.auto()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, pcm: bytes, strictness: Strictness, other_tracks: str) -> None:
        self.pcm = pcm
        self.sdp = f"{_HEAD}{other_tracks}{_SOUND}".replace("\n", "\r\n")
        self.strictness = strictness
        self.asked_for: list[str] = []
        self.is_gone = threading.Event()
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        self._channel = 0
        self._wants_pictures = False
        with contextlib.suppress(OSError):
            while request := self._request():
                self.server.asked_for.append(request.splitlines()[0])
                self._answer(request)
                if request.startswith("PLAY"):
                    self._give()
                    return

    def _give(self) -> None:
        strictness = Strictness.GIVES_SOUND if self._wants_pictures else self.server.strictness
        if strictness is Strictness.GIVES_NOTHING:
            self.server.is_gone.wait()
        elif strictness is not Strictness.REFUSES_TO_PLAY:
            self._play(1.0 if strictness is Strictness.BREAKS_OFF_AFTER_A_SECOND else None)

    def _request(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()).strip():
            lines.append(line)
        return "".join(lines)

    def _answer(self, request: str) -> None:
        found = re.search(r"^CSeq: *(\d+)", request, re.MULTILINE | re.IGNORECASE)
        assert found is not None
        is_refused = self.server.strictness is Strictness.REFUSES_TO_PLAY and not self._wants_pictures
        status = "455 Method Not Valid In This State" if is_refused and request.startswith("PLAY") else "200 OK"
        head, body = f"RTSP/1.0 {status}\r\nCSeq: {found[1]}\r\nSession: 5\r\n", ""
        if request.startswith("OPTIONS"):
            head += "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif request.startswith("DESCRIBE"):
            head += f"Content-Type: application/sdp\r\nContent-Length: {len(self.server.sdp)}\r\n"
            body = self.server.sdp
        elif request.startswith("SETUP"):
            wanted = re.search(r"interleaved=(\d+)-\d+", request)
            assert wanted is not None
            if "pictures" in request.splitlines()[0]:
                self._wants_pictures = True
            elif "sound" in request.splitlines()[0]:
                self._channel = int(wanted[1])
            head += f"Transport: RTP/AVP/TCP;unicast;{wanted[0]}\r\n"
        self.wfile.write(f"{head}\r\n{body}".encode())

    def _play(self, most_seconds: float | None) -> None:
        step_bytes = STEP_SAMPLES * CHANNELS * 2
        steps = range(0, len(self.server.pcm), step_bytes)
        for number, begin in enumerate(steps if most_seconds is None else steps[: round(most_seconds / STEP_SECONDS)]):
            if self.server.is_gone.wait(STEP_SECONDS):
                return
            header = struct.pack(">BBHII", 0x80, L16, number & 0xFFFF, number * STEP_SAMPLES, 5)
            packet = header + self.server.pcm[begin : begin + step_bytes]
            self.wfile.write(struct.pack(">cBH", b"$", self._channel, len(packet)) + packet)


class RtspServer:
    """A context that serves one sound to every client, from its beginning and in real time."""

    def __init__(self, pcm: bytes, strictness: Strictness = Strictness.GIVES_SOUND, *, other_tracks: str = "") -> None:
        """Serve at once.

        Args:
            pcm: int16, big-endian, at 44.1 kHz, two channels, interleaved.
            strictness: What happens to a client that does not ask for the pictures.
            other_tracks: Announced before the sound, as lines of the session's description.
        """
        self._server = _Listener(pcm, strictness, other_tracks)
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
