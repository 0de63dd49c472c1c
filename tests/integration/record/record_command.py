"""`tears record` as a process, and a writer of the streams that it records."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import redis
import soundfile
from support.processes.service_process import ServiceProcess
from support.sound.chunks import chunk, known_noise
from support.waiting import wait_until

from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

RATE_HZ = 8_000
DEADLINE_SECONDS = 60.0
_SAMPLES = re.compile(r"-(\d+)-(\d+)\.flac$")


class ChunkWriter:
    """Publishes what a recorder would publish of a microphone, with samples that the test knows."""

    def __init__(self, client: redis.Redis, mic: str, session: str = "s1", seconds: int = 120) -> None:
        self.mic = mic
        self.sound = known_noise(seconds * RATE_HZ, seed=sum(mic.encode() + session.encode()))
        self._redis = client
        self._session = session

    def register(self) -> None:
        """Register the microphone, as a recorder does before its first chunk."""
        record = MicRecord(
            mic=self.mic,
            sample_rate_hz=RATE_HZ,
            channels=1,
            device="a test",
            session=self._session,
            heartbeat_seconds=0.0,
        )
        self._redis.hset(names.MICS_HASH, self.mic, record.encode())

    def write(self, first_second: int, end_second: int, *, ends_session: bool = False, entry_id: str = "*") -> None:
        """Publish these seconds, one chunk for each."""
        self.register()
        for second in range(first_second, end_second):
            one = chunk(
                self.sound[second * RATE_HZ : (second + 1) * RATE_HZ],
                second * RATE_HZ,
                mic=self.mic,
                session=self._session,
                rate_hz=RATE_HZ,
                ends_session=ends_session and second == end_second - 1,
            )
            self._redis.xadd(names.chunks(self.mic), {names.BODY: one.encode()}, id=entry_id)

    @contextlib.contextmanager
    def at_once(self) -> Iterator["ChunkWriter"]:
        """Put everything that the yielded writer writes into the stream at once, at the end of the block."""
        with self._redis.pipeline(transaction=True) as transaction:
            yield ChunkWriter(transaction, self.mic, self._session)
            transaction.execute()

    def recorded(self, out: Path) -> list[tuple[int, int]]:
        """Return the seconds [first, end) in each of its files, and check every sample."""
        found = []
        for path in files(out, self.mic):
            name = _SAMPLES.search(path.name)
            assert name is not None
            first, end = int(name[1]), int(name[2])
            sound, rate_hz = soundfile.read(path, dtype="int16")
            assert rate_hz == RATE_HZ
            assert np.array_equal(sound, self.sound[first:end]), path
            found.append((first // RATE_HZ, end // RATE_HZ))
        return sorted(found)

    def seconds_in(self, out: Path) -> int:
        """Return how many seconds are recorded."""
        return sum(end - first for first, end in self.recorded(out))


def files(out: Path, mic: str = "*") -> list[Path]:
    """Return the finished files."""
    return sorted(out.glob(f"{mic}/*/*.flac"))


def journal_pid(process: ServiceProcess) -> int:
    """Return the process that writes the files: the only child of the command."""
    (pid,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(pid)


@dataclass
class Record:
    """Starts and ends `tears record`."""

    out: Path
    url: str
    log_path: Path
    running: list[ServiceProcess]

    def start(self, *arguments: str) -> ServiceProcess:
        """Start it, with files of 2 s by default; return when it records."""
        command = ["record", "--out", str(self.out), "--redis", self.url, "--leave-gib", "0", "--seconds", "2"]
        process = ServiceProcess("tears.cli", {}, self.log_path, arguments=[*command, *arguments])
        self.running.append(process)
        process.wait_for_log(r"Ctrl-C ends it\n")
        return process

    def wait_for_files(self, number: int, mic: str = "*") -> None:
        """Block until there are this many files."""
        wait_until(lambda: len(files(self.out, mic)) >= number, DEADLINE_SECONDS, describe=self.log)

    def wait_for_file_ending_at(self, second: int) -> None:
        """Block until there is a file that ends at this second."""
        name = f"*-{second * RATE_HZ:012}.flac"
        wait_until(lambda: bool(list(self.out.glob(f"*/*/{name}"))), DEADLINE_SECONDS, describe=self.log)

    def kill(self, process: ServiceProcess) -> None:
        """Kill the command and its journal, so that nothing more is written."""
        os.kill(journal_pid(process), signal.SIGKILL)
        process.kill()

    def log(self) -> str:
        """Return the log of all of them."""
        return self.log_path.read_text()

    def end(self, process: ServiceProcess) -> int:
        """Press Ctrl-C, and return the exit status."""
        process.send_signal(signal.SIGINT)
        return process.wait_for_exit()
