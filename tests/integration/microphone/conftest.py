"""Sound servers and recorders that listen to them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import redis
import soundfile
from support.processes.service_process import ServiceProcess
from support.sound.sound_server import SoundServer, write_alsa_config
from support.waiting import wait_until

from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.streams.names import BODY, chunks

Sound: TypeAlias = npt.NDArray[np.int16]
StartRecorder: TypeAlias = Callable[..., ServiceProcess]


@pytest.fixture
def sound_servers() -> Iterator[Callable[..., SoundServer]]:
    """Make and start sound servers, which end with the test."""
    with ExitStack() as servers:
        yield lambda name, **options: servers.enter_context(SoundServer(name, **options))


@pytest.fixture
def listen(tmp_path: Path, redis_url: str) -> Iterator[Any]:
    """Start a recorder that sees the devices of some sound servers; kill it at the end of the test."""
    with ExitStack() as processes:

        def start(
            *servers: SoundServer, device: str, mic: str = "nursery", url: str = redis_url, **settings: object
        ) -> ServiceProcess:
            devices = write_alsa_config(tmp_path / f"{mic}.asound.conf", *servers)
            given = {"device": device, "mic": mic, "probe_port": 0, "chunk_seconds": 0.25, **settings}
            environ = {f"TEARS_RECORDER_{name.upper()}": str(value) for name, value in given.items()}
            environ |= {"TEARS_REDIS_URL": url, "TEARS_LOG_FORMAT": "text", "ALSA_CONFIG_PATH": str(devices)}
            return processes.enter_context(ServiceProcess("tears.recorder", environ, tmp_path / f"{mic}.log"))

        yield start


def known_sound(seconds: float, rate_hz: int, channels: int) -> Sound:
    """Return tones and noise, so that each position differs from every other."""
    random = np.random.default_rng(5)
    at = np.arange(round(seconds * rate_hz))[:, None] / rate_hz
    tones = 6_000 * np.sin(2 * np.pi * (400 + 150 * np.arange(channels)) * at)
    return np.rint(tones + random.integers(-6_000, 6_000, (len(at), channels))).astype(np.int16)


def write(path: Path, sound: Sound, rate_hz: int) -> Path:
    soundfile.write(path, sound, rate_hz)
    return path


def published(client: redis.Redis, mic: str = "nursery") -> list[AudioChunk]:
    """Return the chunks in the stream, in its order."""
    entries: Any = client.xrange(chunks(mic))
    return [AudioChunk.decode(fields[BODY]) for _, fields in entries]


def sessions(found: list[AudioChunk]) -> list[list[AudioChunk]]:
    """Return the chunks of each session, in the order of the stream."""
    names = dict.fromkeys(chunk.session for chunk in found)
    return [[chunk for chunk in found if chunk.session == name] for name in names]


def sound_of(found: list[AudioChunk]) -> Sound:
    """Return the sound of one session; fail if it has a gap."""
    assert len(sessions(found)) == 1
    expected = 0
    for chunk in found:
        assert chunk.first_sample == expected, f"{chunk.first_sample} where {expected} should follow"
        expected = chunk.end_sample
    return np.frombuffer(b"".join(chunk.pcm for chunk in found), "<i2").reshape(-1, found[0].channels)


def record_of(client: redis.Redis, mic: str = "nursery") -> MicRecord | None:
    return read_mics(client).get(mic)


def wait_for_state(client: redis.Redis, state: str, deadline_seconds: float = 30.0, mic: str = "nursery") -> None:
    """Block until the registry has this state."""

    def is_so() -> bool:
        record = record_of(client, mic)
        return record is not None and record.state == state

    wait_until(is_so, deadline_seconds, describe=lambda: f"{state}, but: {record_of(client, mic)}")
