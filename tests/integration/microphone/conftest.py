"""A sound server with a null sink as a microphone that is paced by a real clock, and recorders that listen to it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
import redis
import soundfile
from support.processes import ServiceProcess
from support.waiting import wait_until

from tears.kit.messages import AudioChunk
from tears.kit.mics import MicRecord, read_mics
from tears.kit.streams.names import BODY, chunks

Sound: TypeAlias = npt.NDArray[np.int16]
StartRecorder: TypeAlias = Callable[..., ServiceProcess]

START_SECONDS = 20.0


class SoundServer:
    """PulseAudio with one null sink, whose monitor ALSA shows as a device called `name`."""

    def __init__(self, name: str, *, rate_hz: int = 48_000, channels: int = 1) -> None:
        """Starts nothing yet."""
        self.name = name
        # Not pytest's tmp_path: the path of a Unix socket may have 107 bytes at most.
        self.folder = Path(tempfile.mkdtemp(prefix="tears-"))
        self._socket = self.folder / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        (self.folder / "pulse.pa").write_text(
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._socket}\n"
            f"load-module module-null-sink sink_name=mic rate={rate_hz} channels={channels} format=s16le\n"
        )
        self.device = (
            f'pcm.{name} {{ type pulse server "unix:{self._socket}" device "mic.monitor" '
            f'hint {{ show on description "{name}" }} }}\n'
        )

    def start(self) -> None:
        """Returns once it answers."""
        assert self._process is None, "already started"
        self._socket.unlink(missing_ok=True)
        options = ["--daemonize=no", "--exit-idle-time=-1", "--disallow-exit", "--use-pid-file=no"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["pulseaudio", "-n", "-F", str(self.folder / "pulse.pa"), *options],  # noqa: S607 - found by PATH
                env=self._environ,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, START_SECONDS, describe=(self.folder / "log").read_text)

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Plays a recording into the microphone; returns at once."""
        return subprocess.Popen(["paplay", "-d", "mic", str(path)], env=self._environ)  # noqa: S607 - as above

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """The device is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=START_SECONDS)
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _environ(self) -> dict[str, str]:
        home = str(self.folder)
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "PULSE_SERVER": f"unix:{self._socket}",
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/dev/null",
        }

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()
        info = subprocess.run(["pactl", "info"], env=self._environ, capture_output=True, check=False)  # noqa: S607
        return info.returncode == 0


@pytest.fixture
def sound_servers() -> Iterator[Callable[..., SoundServer]]:
    """Makes and starts sound servers, which end with the test."""
    with ExitStack() as servers:
        yield lambda name, **options: servers.enter_context(SoundServer(name, **options))


@pytest.fixture
def listen(tmp_path: Path, redis_url: str) -> Iterator[Any]:
    """Starts a recorder among the devices of some sound servers; it is killed at the end of the test."""
    with ExitStack() as processes:

        def start(
            *servers: SoundServer, device: str, mic: str = "nursery", url: str = redis_url, **settings: object
        ) -> ServiceProcess:
            devices = tmp_path / f"{mic}.asound.conf"
            devices.write_text("</usr/share/alsa/alsa.conf>\n" + "".join(server.device for server in servers))
            given = {"device": device, "mic": mic, "probe_port": 0, "chunk_seconds": 0.25, **settings}
            environ = {f"TEARS_RECORDER_{name.upper()}": str(value) for name, value in given.items()}
            environ |= {"TEARS_REDIS_URL": url, "TEARS_LOG_FORMAT": "text", "ALSA_CONFIG_PATH": str(devices)}
            return processes.enter_context(ServiceProcess("tears.recorder", environ, tmp_path / f"{mic}.log"))

        yield start


def known_sound(seconds: float, rate_hz: int, channels: int) -> Sound:
    """Tones and noise that tell every position from every other."""
    random = np.random.default_rng(5)
    at = np.arange(round(seconds * rate_hz))[:, None] / rate_hz
    tones = 6_000 * np.sin(2 * np.pi * (400 + 150 * np.arange(channels)) * at)
    return np.rint(tones + random.integers(-6_000, 6_000, (len(at), channels))).astype(np.int16)


def write(path: Path, sound: Sound, rate_hz: int) -> Path:
    soundfile.write(path, sound, rate_hz)
    return path


def published(client: redis.Redis, mic: str = "nursery") -> list[AudioChunk]:
    """The chunks in the stream, in its order."""
    entries: Any = client.xrange(chunks(mic))
    return [AudioChunk.decode(fields[BODY]) for _, fields in entries]


def sessions(found: list[AudioChunk]) -> list[list[AudioChunk]]:
    """The chunks of each session, in the order of the stream."""
    names = dict.fromkeys(chunk.session for chunk in found)
    return [[chunk for chunk in found if chunk.session == name] for name in names]


def sound_of(found: list[AudioChunk]) -> Sound:
    """Of one session, without a gap."""
    assert len(sessions(found)) == 1
    expected = 0
    for chunk in found:
        assert chunk.first_sample == expected, f"{chunk.first_sample} where {expected} should follow"
        expected = chunk.end_sample
    return np.frombuffer(b"".join(chunk.pcm for chunk in found), "<i2").reshape(-1, found[0].channels)


def record_of(client: redis.Redis, mic: str = "nursery") -> MicRecord | None:
    return read_mics(client).get(mic)


def wait_for_state(client: redis.Redis, state: str, deadline_seconds: float = 30.0, mic: str = "nursery") -> None:
    """Until the registry says so."""

    def is_so() -> bool:
        record = record_of(client, mic)
        return record is not None and record.state == state

    wait_until(is_so, deadline_seconds, describe=lambda: f"{state}, but: {record_of(client, mic)}")
