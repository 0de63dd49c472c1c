"""A camera's sound over the network, and a camera that is lost, hangs or has no sound."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
import pytest
import redis
import soundfile
from integration.microphone import rtsp_server
from integration.microphone.conftest import (
    Sound,
    known_sound,
    published,
    record_of,
    sessions,
    sound_of,
    wait_for_state,
)
from integration.microphone.rtsp_server import OTHER_TRACKS, RtspServer, Strictness
from support.processes.service_process import ServiceProcess
from support.processes.tears_command import children
from support.sound.stream_server import StreamServer
from support.waiting import wait_until

Listen: TypeAlias = Callable[..., ServiceProcess]
Serve: TypeAlias = Callable[..., StreamServer]
RATE_HZ = 16_000
CHANNELS = 2
SECONDS = 90
LOGIN = "parent:hush-hush"
# The promise is 10 s without sound, and 5 s between two attempts; a busy machine gets more time.
GENEROUS_SECONDS = 40.0


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as servers:
        yield lambda *given, **named: servers.enter_context(StreamServer(*given, **named))


@pytest.fixture
def listen_to(tmp_path: Path, redis_url: str) -> Iterator[Listen]:
    with ExitStack() as processes:

        def start(url: str, **environ: str) -> ServiceProcess:
            given = {
                "TEARS_RECORDER_INPUT": url,
                "TEARS_RECORDER_PROBE_PORT": "0",
                "TEARS_RECORDER_CHUNK_SECONDS": "0.25",
                "TEARS_REDIS_URL": redis_url,
                "TEARS_LOG_FORMAT": "text",
                **environ,
            }
            return processes.enter_context(ServiceProcess("tears.recorder", given, tmp_path / "recorder.log"))

        yield start


def encoded(sound: Sound, kind: str) -> bytes:
    body = io.BytesIO()
    soundfile.write(body, sound, RATE_HZ, format=kind, subtype="PCM_16")
    return body.getvalue()


def mute_film() -> bytes:
    body = io.BytesIO()
    with av.open(body, "w", format="mpegts") as film:
        stream = film.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        picture = np.random.default_rng(5).integers(0, 255, (64, 64, 3), np.uint8)
        for _ in range(250):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        film.mux(stream.encode(None))
    return body.getvalue()


def captured_sessions(client: redis.Redis) -> list[Any]:
    return sessions(published(client))


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
def test_a_stream_arrives_sample_for_sample_and_in_a_new_session_when_its_server_is_back(
    redis_client: redis.Redis, serve: Serve, listen_to: Listen, kind: str
) -> None:
    sent = known_sound(SECONDS, RATE_HZ, CHANNELS)
    server = serve(encoded(sent, kind), SECONDS)
    recorder = listen_to(server.url())
    wait_until(lambda: len(published(redis_client)) >= 8, GENEROUS_SECONDS)
    recorder.wait_until_ready()

    server.kill()
    wait_for_state(redis_client, "absent", GENEROUS_SECONDS)
    assert "microphone: absent: http://127.0.0.1" in recorder.probe("/readyz")[1]
    assert recorder.probe("/healthz")[0] == 200
    before = len(published(redis_client))

    server.start()
    wait_until(lambda: len(published(redis_client)) >= before + 8, GENEROUS_SECONDS)
    wait_for_state(redis_client, "listening")
    recorder.terminate()
    assert recorder.wait_for_exit() == 0

    broken, whole = captured_sessions(redis_client)
    for session in (broken, whole):
        sound = sound_of(session)
        assert len(sound) >= RATE_HZ
        np.testing.assert_array_equal(sound, sent[: len(sound)])
    assert not any(chunk.ends_session for chunk in broken)
    assert whole[-1].ends_session
    assert {(chunk.sample_rate_hz, chunk.channels) for chunk in broken + whole} == {(RATE_HZ, CHANNELS)}


def test_a_cameras_sound_arrives_sample_for_sample_and_no_picture_is_asked_for(
    redis_client: redis.Redis, listen_to: Listen
) -> None:
    sent = known_sound(SECONDS, rtsp_server.RATE_HZ, rtsp_server.CHANNELS)
    with RtspServer(sent.astype(">i2").tobytes()) as camera:
        recorder = listen_to(camera.url)
        wait_until(lambda: len(published(redis_client)) >= 8, GENEROUS_SECONDS)
        recorder.terminate()
        assert recorder.wait_for_exit() == 0

    sound = sound_of(published(redis_client))
    np.testing.assert_array_equal(sound, sent[: len(sound)])
    assert published(redis_client)[-1].ends_session
    assert not any("pictures" in request for request in camera.asked_for)


@pytest.mark.parametrize("strictness", [one for one in Strictness if one is not Strictness.GIVES_SOUND])
def test_a_camera_that_gives_no_sound_alone_is_asked_for_its_pictures_too_and_that_is_remembered(
    redis_client: redis.Redis, listen_to: Listen, strictness: Strictness
) -> None:
    # Two sessions of 12 s: the second one begins in the way that gave the first one.
    sent = known_sound(12, rtsp_server.RATE_HZ, rtsp_server.CHANNELS)
    with RtspServer(sent.astype(">i2").tobytes(), strictness) as camera:
        recorder = listen_to(camera.url)
        wait_until(lambda: any(len(sound_of(one)) == len(sent) for one in captured_sessions(redis_client)), 80.0)
        wait_until(lambda: len(sound_of(captured_sessions(redis_client)[-1])) in range(1, len(sent)), 40.0)
        recorder.terminate()
        assert recorder.wait_for_exit() == 0

    whole = next(one for one in captured_sessions(redis_client) if len(sound_of(one)) == len(sent))
    np.testing.assert_array_equal(sound_of(whole), sent)
    # What it asked between the start of the session before and that of the last one.
    *_, before, last = (k for k, request in enumerate(camera.asked_for) if request.startswith("PLAY"))
    later = [request for request in camera.asked_for[before:last] if request.startswith(("DESCRIBE", "SETUP"))]
    assert ["DESCRIBE" in one or "pictures" in one for one in later[:2]] == [True, True]


def test_the_track_of_a_camera_that_gives_sound_is_found_among_others(
    redis_client: redis.Redis, listen_to: Listen
) -> None:
    sent = known_sound(SECONDS, rtsp_server.RATE_HZ, rtsp_server.CHANNELS)
    with RtspServer(sent.astype(">i2").tobytes(), other_tracks=OTHER_TRACKS) as camera:
        recorder = listen_to(camera.url)
        wait_until(lambda: len(published(redis_client)) >= 8, GENEROUS_SECONDS)
        recorder.terminate()
        assert recorder.wait_for_exit() == 0

    sound = sound_of(published(redis_client))
    # While the tracks are looked at, a little of the beginning may pass.
    begin = next(k for k in range(len(sent)) if np.array_equal(sent[k : k + 2_000], sound[:2_000]))
    np.testing.assert_array_equal(sound, sent[begin : begin + len(sound)])


def test_a_recording_on_a_web_server_is_not_taken_for_a_live_room(
    redis_client: redis.Redis, serve: Serve, listen_to: Listen
) -> None:
    # 200 times as fast as a room.
    server = serve(encoded(known_sound(SECONDS * 3, RATE_HZ, CHANNELS), "WAV"), SECONDS * 3 / 200)
    recorder = listen_to(server.url())
    wait_until(lambda: "only bursts of sound" in recorder.probe("/readyz")[1], GENEROUS_SECONDS)
    wait_for_state(redis_client, "stalled")
    assert "faster than a room makes it, so it is a recording" in recorder.log()


def test_a_camera_that_gives_a_burst_and_drops_over_and_over_is_not_listening(
    redis_client: redis.Redis, listen_to: Listen
) -> None:
    sent = known_sound(1, rtsp_server.RATE_HZ, rtsp_server.CHANNELS)
    with RtspServer(sent.astype(">i2").tobytes()) as camera:
        recorder = listen_to(camera.url)
        wait_until(lambda: len(captured_sessions(redis_client)) >= 5, 80.0)
        recorder.terminate()
        assert recorder.wait_for_exit() == 0

    states = [line for line in recorder.log().splitlines() if "the microphone is listening" in line]
    assert len(states) == 2
    assert "only bursts of sound" in recorder.log()


def test_a_stream_that_stalls_is_noticed_and_captured_again_when_it_continues(
    redis_client: redis.Redis, serve: Serve, listen_to: Listen
) -> None:
    server = serve(encoded(known_sound(SECONDS, RATE_HZ, CHANNELS), "WAV"), SECONDS)
    recorder = listen_to(server.url())
    wait_until(lambda: len(published(redis_client)) >= 8, GENEROUS_SECONDS)

    server.is_stalled.set()
    wait_for_state(redis_client, "stalled", GENEROUS_SECONDS)
    assert recorder.metric("tears_recorder_broken_captures_total", mic="nursery") >= 1

    server.is_stalled.clear()
    wait_until(lambda: len(captured_sessions(redis_client)) >= 2, GENEROUS_SECONDS)
    wait_for_state(redis_client, "listening")


def test_a_stream_without_sound_is_reported_with_the_cure(
    redis_client: redis.Redis, serve: Serve, listen_to: Listen
) -> None:
    server = serve(mute_film(), 10)
    recorder = listen_to(server.url())

    wait_until(lambda: "has no sound; switch on its microphone" in recorder.probe("/readyz")[1], GENEROUS_SECONDS)
    wait_for_state(redis_client, "stalled")
    assert not published(redis_client)


def test_a_password_is_used_but_never_shown(redis_client: redis.Redis, serve: Serve, listen_to: Listen) -> None:
    server = serve(encoded(known_sound(SECONDS, RATE_HZ, CHANNELS), "WAV"), SECONDS, login=LOGIN)
    recorder = listen_to(server.url(LOGIN), TEARS_LOG_LEVEL="DEBUG")
    wait_until(lambda: len(published(redis_client)) >= 4, GENEROUS_SECONDS)
    (child,) = children(recorder.pid)
    arguments = Path(f"/proc/{child}/cmdline").read_text()
    server.kill()
    wait_for_state(redis_client, "absent", GENEROUS_SECONDS)

    record = record_of(redis_client)
    assert record is not None
    assert record.device == server.url("***")
    assert f"TEARS_RECORDER_INPUT={server.url('***')}" in recorder.log()
    for shown in (recorder.log(), recorder.probe("/readyz")[1], recorder.probe("/metrics")[1], arguments):
        assert "hush" not in shown


def test_a_wrong_password_is_reported(serve: Serve, listen_to: Listen) -> None:
    server = serve(b"", 1, login=LOGIN)
    recorder = listen_to(server.url("parent:wrong"))

    wait_until(lambda: "authorization failed" in recorder.probe("/readyz")[1], GENEROUS_SECONDS)


def test_without_the_package_av_one_line_says_the_cure(listen_to: Listen, tmp_path: Path) -> None:
    (tmp_path / "av.py").write_text("raise ImportError('not installed')")
    recorder = listen_to("rtsp://parent:hush@127.0.0.1:9/1", PYTHONPATH=str(tmp_path))

    assert recorder.wait_for_exit() == 1
    (line,) = [line for line in recorder.log().splitlines() if "make rtsp" in line]
    assert "rtsp://***@127.0.0.1:9/1 needs the package av" in line
    assert "Traceback" not in recorder.log()
