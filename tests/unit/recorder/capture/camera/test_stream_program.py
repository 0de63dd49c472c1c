"""The blocks that the recorder receives from a stream."""

import errno
import functools
import http.server
import os
import threading
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tears.audio.format import int16_from_int32
from tears.recorder.capture.camera import stream_program
from tears.recorder.capture.camera.stream_program import listen
from tears.recorder.capture.child_process.frames import FrameReader, RawBlock, SoundFormat
from tears.recorder.errors import CaptureError, DeviceAbsentError

RATE_HZ = 16_000


def noise(seconds: float, channels: int = 1) -> npt.NDArray[np.int16]:
    return np.random.default_rng(5).integers(-9_000, 9_000, (round(seconds * RATE_HZ), channels)).astype(np.int16)


def passed_on(path: Path) -> tuple[SoundFormat, list[RawBlock]]:
    """Return all frames of a stream that ends like a file."""
    pipe, theirs = os.pipe()
    received = bytearray()

    def read() -> None:
        while piece := os.read(pipe, 1 << 16):
            received.extend(piece)

    reading = threading.Thread(target=read)
    reading.start()
    try:
        with pytest.raises(CaptureError, match="its stream is over"):
            listen(str(path), theirs)
    finally:
        os.close(theirs)
        reading.join()
        os.close(pipe)
    sound, *blocks = FrameReader().feed(bytes(received))
    assert isinstance(sound, SoundFormat)
    return sound, [block for block in blocks if isinstance(block, RawBlock)]


def damaged(packet: "av.Packet[Any]") -> "av.Packet[Any]":
    zeros: av.Packet[Any] = av.Packet(bytes(packet.size))
    zeros.stream, zeros.time_base = packet.stream, packet.time_base
    zeros.pts, zeros.dts, zeros.duration = packet.pts, packet.dts, packet.duration
    return zeros


def write_with_damage(path: Path, sound: npt.NDArray[np.int16], damaged_packet: int) -> None:
    whole = path.with_suffix(".flac")
    soundfile.write(whole, sound, RATE_HZ, subtype="PCM_16")
    with av.open(whole) as found, av.open(path, "w", format="matroska") as written:
        stream = written.add_stream_from_template(found.streams.audio[0])
        for number, packet in enumerate(found.demux(audio=0)):
            if not packet.size:
                continue
            packet.stream = stream
            written.mux(damaged(packet) if number == damaged_packet else packet)


def sound_of(block: RawBlock) -> npt.NDArray[np.int16]:
    return int16_from_int32(np.frombuffer(block.pcm, np.int32))


@pytest.mark.parametrize(("kind", "channels"), [("flac", 1), ("flac", 2), ("wav", 6)])
def test_sixteen_bits_come_out_unchanged(tmp_path: Path, kind: str, channels: int) -> None:
    sent = noise(2.0, channels)
    soundfile.write(tmp_path / f"a.{kind}", sent, RATE_HZ, subtype="PCM_16")

    sound, blocks = passed_on(tmp_path / f"a.{kind}")

    assert (sound.sample_rate_hz, sound.channels) == (RATE_HZ, channels)
    np.testing.assert_array_equal(np.concatenate([sound_of(block) for block in blocks]), sent.ravel())


def test_a_packet_that_cannot_be_decoded_is_a_gap_of_the_same_length(tmp_path: Path) -> None:
    sent = noise(8.0)
    path = tmp_path / "a.mkv"
    write_with_damage(path, sent, damaged_packet=3)

    _, blocks = passed_on(path)

    assert [block.overflows for block in blocks if block.overflows] == [1]
    at = 0
    for block in blocks:
        at += block.lost_samples
        samples = sound_of(block)
        np.testing.assert_array_equal(samples, sent[at : at + len(samples), 0])
        at += len(samples)
    assert at == len(sent)


def test_a_stream_that_cannot_be_opened_is_absent(tmp_path: Path) -> None:
    with pytest.raises(DeviceAbsentError, match="cannot be listened to: No such file"):
        listen(str(tmp_path / "none"), 0)


def write_aac(path: Path, *rates_hz: int) -> None:
    """Write 4 s at each rate, one after the other."""
    content = b""
    for rate_hz in rates_hz:
        with av.open(path, "w", format="adts") as written:
            stream = written.add_stream("aac", rate=rate_hz, layout="mono")
            sound = np.resize(noise(4.0), (rate_hz * 4, 1))
            frame = av.AudioFrame.from_ndarray(sound.T / np.float32(32_768), format="flt", layout="mono")
            frame.sample_rate = rate_hz
            written.mux(stream.encode(frame))
            written.mux(stream.encode(None))
        content += path.read_bytes()
    path.write_bytes(content)


def test_a_stream_that_changes_its_rate_says_so(tmp_path: Path) -> None:
    write_aac(tmp_path / "a.aac", RATE_HZ, 2 * RATE_HZ)
    with Path(os.devnull).open("wb") as nobody, pytest.raises(CaptureError, match="has changed its sample rate"):
        listen(str(tmp_path / "a.aac"), nobody.fileno())


def test_an_answer_that_is_no_sound_is_reported_with_the_cure(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<html>Please log in</html>")
    with pytest.raises(DeviceAbsentError, match="the answer is not sound; give the URL of the stream itself"):
        listen(str(page), 0)


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EIO])
def test_a_camera_that_cannot_be_reached_is_reported_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        av.error.err_check(-code)

    monkeypatch.setattr(av, "open", unreachable)
    with pytest.raises(DeviceAbsentError, match=f"{os.strerror(code)}; check the URL, and that the camera is on"):
        listen(str(tmp_path / "none"), 0)


@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\nfile:{folder}/a.aac\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 50040 RTP/AVP 0\n",
    ],
    ids=["a file", "a port"],
)
def test_an_answer_over_http_opens_nothing_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(stream_program, "STREAM_TIMEOUT_SECONDS", 5.0)
    write_aac(tmp_path / "a.aac", RATE_HZ)
    (tmp_path / "a").write_text(content.format(folder=tmp_path), encoding="ascii")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, Path(os.devnull).open("wb") as nobody:
        threading.Thread(target=server.serve_forever).start()
        try:
            with pytest.raises((CaptureError, DeviceAbsentError), match="cannot be listened to"):
                listen(f"http://127.0.0.1:{server.server_port}/a", nobody.fileno())
        finally:
            server.shutdown()
