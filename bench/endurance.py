"""Listen to a microphone for half an hour while Redis is killed every minute: `python -m bench.endurance [MINUTES]`.

This needs pulseaudio, like the tests of the microphone: a null sink takes the place of the microphone and plays noise
that is known.
"""

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import redis
import soundfile
from rich.console import Console
from rich.progress import track

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer
from support.sound.sound_server import SoundServer, write_alsa_config

from bench.bench_figure import BenchFigure, report
from bench.process_costs import cpu_seconds, pss_mib, with_descendants
from tears.kit.messages import AudioChunk
from tears.kit.streams.names import BODY, chunks

LISTENING_MINUTES = 30.0
MIC_RATE_HZ = 48_000
RESTART_EVERY_SECONDS = 60
AWAY_SECONDS = 3
ENDURANCE_MIC = "endurance"
# How much the sound server may change a sample.
TOLERANCE_LSB = 5


def main() -> int:
    """Measure and print; return the exit status."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else LISTENING_MINUTES
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tears-bench-") as name:
        figures = measure(Path(name), minutes, console)
    return report(figures, console)


def measure(folder: Path, minutes: float, console: Console) -> list[BenchFigure]:
    """Listen while Redis is killed, and compare the chunks that reached it with the noise that was played."""
    played = np.random.default_rng(1).integers(-9_000, 9_000, int((minutes * 60 + 30) * MIC_RATE_HZ), dtype=np.int16)
    soundfile.write(folder / "noise.wav", played, MIC_RATE_HZ)
    captured: dict[int, AudioChunk] = {}
    with RedisServer() as server, SoundServer(ENDURANCE_MIC, rate_hz=MIC_RATE_HZ) as sound:
        environ = {
            "TEARS_REDIS_URL": server.url,
            "TEARS_RECORDER_MIC": ENDURANCE_MIC,
            "TEARS_RECORDER_DEVICE": ENDURANCE_MIC,
            "TEARS_RECORDER_PROBE_PORT": "0",
            "ALSA_CONFIG_PATH": str(write_alsa_config(folder / "asound.conf", sound)),
        }
        player = sound.play(folder / "noise.wav")
        with ServiceProcess("tears.recorder", environ, folder / "recorder.log") as recorder:
            recorder.wait_until_ready()
            cpu_before_seconds, begun = cpu_seconds(recorder.pid), time.monotonic()
            restarts = 0
            for second in track(range(int(minutes * 60)), "listening", console=console, transient=True):
                time.sleep(1)
                if second % RESTART_EVERY_SECONDS == RESTART_EVERY_SECONDS // 2:
                    server.kill()
                    time.sleep(AWAY_SECONDS)
                    server.start()
                    restarts += 1
                _collect(server, captured)
            cpu_percent = 100 * (cpu_seconds(recorder.pid) - cpu_before_seconds) / (time.monotonic() - begun)
            recorder_mib = sum(map(pss_mib, with_descendants(recorder.pid)))
            recorder.terminate()
            recorder.wait_for_exit()
            _collect(server, captured)
        player.kill()
        player.wait()
    found = [captured[first] for first in sorted(captured)]
    lost = _lost_samples(found)
    changed = _changed_samples(found, played)
    spool_mib = 120 * MIC_RATE_HZ * 2 / 2**20
    seconds, sessions = sum(one.samples for one in found) / MIC_RATE_HZ, len({one.session for one in found})
    note = f"{restarts} restarts, {seconds:.0f} s, {sessions} session"
    return [
        BenchFigure("samples lost with Redis restarting every minute", lost, "samples", 0, note=note),
        BenchFigure(f"samples more than {TOLERANCE_LSB} LSB off", changed, "samples", 0),
        BenchFigure("recorder, CPU", cpu_percent, "% of a core", 2.0),
        BenchFigure(
            "recorder, PSS", recorder_mib - spool_mib, "MiB", 60.0, note=f"without {spool_mib:.0f} MiB of spool"
        ),
    ]


def _collect(server: RedisServer, captured: dict[int, AudioChunk]) -> None:
    client = server.client()
    with contextlib.suppress(redis.RedisError), client:
        entries: Any = client.xrange(chunks(ENDURANCE_MIC))
        for _, fields in entries:
            chunk = AudioChunk.decode(fields[BODY])
            captured[chunk.first_sample] = chunk


def _lost_samples(found: list[AudioChunk]) -> int:
    lost, expected = 0, 0
    for chunk in found:
        lost += abs(chunk.first_sample - expected)
        expected = chunk.end_sample
    return lost


def _changed_samples(found: list[AudioChunk], played: npt.NDArray[np.int16]) -> int:
    """Find where the recording begins in the noise that was played, and compare from there on."""
    captured = np.frombuffer(b"".join(chunk.pcm for chunk in found), "<i2")
    probe_at = MIC_RATE_HZ
    probe = captured[probe_at : probe_at + 4_800].astype(np.float64)
    near = played[: 30 * MIC_RATE_HZ].astype(np.float64)
    size = 1 << int(np.ceil(np.log2(near.size + probe.size)))
    matches = np.fft.irfft(np.fft.rfft(near, size) * np.conj(np.fft.rfft(probe, size)), size)[: near.size]
    offset = int(matches.argmax()) - probe_at
    first, last = max(0, -offset), min(captured.size, played.size - offset)
    # There is silence before the player begins, and a stop may cut the last block.
    difference = np.abs(captured[first:last].astype(np.int32) - played[first + offset : last + offset])
    return int(np.count_nonzero(difference[MIC_RATE_HZ:-MIC_RATE_HZ] > TOLERANCE_LSB))


if __name__ == "__main__":
    sys.exit(main())
