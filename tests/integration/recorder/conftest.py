"""The real recorder as a process, and the chunks that it wrote."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import redis
import soundfile
from support.places import TESTS
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer

from tears.kit.messages import AudioChunk
from tears.kit.redis_client import connect
from tears.kit.streams.names import BODY, chunks

Sound: TypeAlias = npt.NDArray[np.int16]
RATE_HZ = 8_000


@dataclass(frozen=True)
class Recording:
    """A file and the sound in it, int16 of shape (samples, channels)."""

    path: Path
    sound: Sound


StartRecorder: TypeAlias = Callable[..., ServiceProcess]
MakeRecording: TypeAlias = Callable[..., Recording]


@pytest.fixture
def make_recording(tmp_path: Path) -> MakeRecording:
    """Write noise of a given length to a file."""

    def make(seconds: float, *, channels: int = 1, rate_hz: int = RATE_HZ, name: str = "night.wav") -> Recording:
        samples = int(seconds * rate_hz)
        sound = np.random.default_rng(11).integers(-32_768, 32_768, (samples, channels)).astype(np.int16)
        soundfile.write(tmp_path / name, sound, rate_hz)
        return Recording(tmp_path / name, sound)

    return make


@pytest.fixture
def start_recorder(tmp_path: Path) -> Any:
    """Start `python -m tears.recorder`; kill it at the end of the test if it still runs."""
    with ExitStack() as processes:

        def start(
            url: str,
            recording: Recording | Path,
            *,
            log: str = "recorder.log",
            log_format: str = "text",
            starting_seconds: float | None = None,
            **settings: object,
        ) -> ServiceProcess:
            path = recording.path if isinstance(recording, Recording) else recording
            given = {"input": path, "probe_port": 0, **settings}
            environ = {f"TEARS_RECORDER_{name.upper()}": str(value) for name, value in given.items()}
            environ |= {"TEARS_REDIS_URL": url, "TEARS_LOG_FORMAT": log_format}
            module = "tears.recorder"
            if starting_seconds is not None:
                module = "support.processes.recorder_starting"
                environ |= {"STARTING_SECONDS": str(starting_seconds), "PYTHONPATH": str(TESTS)}
            return processes.enter_context(ServiceProcess(module, environ, tmp_path / log))

        yield start


@pytest.fixture
def client(shared_server: RedisServer) -> Iterator[redis.Redis]:
    """Yield a client of Redis and of Valkey in turn, empty at the start of the test."""
    with connect(shared_server.url) as client:
        client.flushall()
        yield client


def published(client: redis.Redis, mic: str = "nursery") -> list[AudioChunk]:
    """Return the chunks in the stream, in its order."""
    entries: Any = client.xrange(chunks(mic))
    return [AudioChunk.decode(fields[BODY]) for _, fields in entries]


def sessions(found: list[AudioChunk]) -> list[str]:
    """Return the names of the sessions in the order in which they appear."""
    return list(dict.fromkeys(chunk.session for chunk in found))


def put_together(found: list[AudioChunk], first_sample: int = 0) -> Sound:
    """Return the sound of one session's chunks; fail unless each follows the one before, from `first_sample` on."""
    assert len(sessions(found)) == 1, sessions(found)
    expected = first_sample
    for chunk in found:
        assert chunk.first_sample == expected, f"{chunk.first_sample} where {expected} should follow"
        expected = chunk.end_sample
    return np.frombuffer(b"".join(chunk.pcm for chunk in found), "<i2").reshape(-1, found[0].channels)


def assert_whole(found: list[AudioChunk], recording: Recording) -> None:
    """Assert that every sample of the recording is there once, in order, and that the session has ended."""
    np.testing.assert_array_equal(put_together(found), recording.sound)
    assert [chunk.ends_session for chunk in found] == [False] * (len(found) - 1) + [True]


def assert_beginning(found: list[AudioChunk], recording: Recording) -> None:
    """Assert the same for a recording that was stopped: every sample up to there."""
    sound = put_together(found)
    assert 0 < len(sound) < len(recording.sound)
    np.testing.assert_array_equal(sound, recording.sound[: len(sound)])
    assert [chunk.ends_session for chunk in found] == [False] * (len(found) - 1) + [True]
