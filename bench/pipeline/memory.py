"""Measure the memory of each process with one room, and whether it grows: `python -m bench.pipeline.memory [HOURS]`."""

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import redis
from rich.console import Console

from bench.bench_figure import BenchFigure, report
from bench.pipeline.fed_rooms import CHUNK_RATE_HZ
from bench.process_costs import pss_mib
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.model_server import shipped_versions
from tears.kit.messages import AudioChunk
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names
from tears.kit.streams.reader import stream_facts
from tears.samples.scene import compose_scene
from tears.samples.scene_files import write_scene

BAR_ALL_MIB = 190.0
BAR_ONE_MIB = 40.0
BAR_GROWN_MIB = 4.0
# Services release what only their start needed after 10 s, and Redis then has not yet all of its 120 s of sound.
SETTLING_SECONDS = 150.0
HEARD_HOURS = 2.0
_GROWING_MIC = "week"
# As much as recorders keep; and how far windows may be behind the sound that is fed.
_KEPT_SECONDS, _BEHIND_SECONDS = 120, 30
_FIRST_SECONDS = 600
_NOISE_CHUNKS = 16
_LONGEST_WAIT_SECONDS = 60.0


def measure(folder: Path, hours: float = HEARD_HOURS, settling_seconds: float = SETTLING_SECONDS) -> list[BenchFigure]:
    """Return the memory with one room, and how much it grows while hours of sound are heard as fast as possible."""
    with_one_room = memory_of_one_room(folder, settling_seconds)
    note = words(with_one_room)
    found = [BenchFigure("memory with one room", sum(with_one_room.values()), "MiB PSS", BAR_ALL_MIB, note=note)]
    others = {name: mib for name, mib in with_one_room.items() if name not in {"model server", "redis"}}
    largest = max(others, key=others.__getitem__)
    found += [BenchFigure("memory of the largest service", others[largest], "MiB PSS", BAR_ONE_MIB, note=largest)]
    before, after = memory_over_hours(hours)
    grown = {name: after[name] - before[name] for name in after}
    label = f"memory that {hours:g} h of sound add to a process"
    return [*found, BenchFigure(label, max(grown.values()), "MiB PSS", BAR_GROWN_MIB, note=words(grown))]


def words(mib: Mapping[str, float]) -> str:
    """Return figures by process as text."""
    return ", ".join(f"{name} {value:.1f}" for name, value in mib.items())


def memory_of_one_room(folder: Path, settling_seconds: float = SETTLING_SECONDS) -> dict[str, float]:
    """Return the proportional set size of each process, in MiB, while a recorder plays one room in real time."""
    path = write_scene(compose_scene(1, minutes=(settling_seconds + 60.0) / 60.0), folder, "room")
    with LocalPipeline(_plan()) as pipeline:
        pipeline.play("room", path, "realtime")
        time.sleep(settling_seconds)
        return _memory_mib(pipeline)


def memory_over_hours(hours: float) -> tuple[dict[str, float], dict[str, float]]:
    """Return the memory by process, in MiB, after ten minutes of sound, and after so many hours more.

    The sound is fed as fast as the services take it, so a week lasts about an hour. There is no recorder.
    """
    with LocalPipeline(_plan()) as pipeline, pipeline.client() as client:
        _feed(client, range(_FIRST_SECONDS))
        before = _memory_mib(pipeline)
        _feed(client, range(_FIRST_SECONDS, _FIRST_SECONDS + round(hours * 3_600)))
        return before, _memory_mib(pipeline)


def _plan() -> PipelinePlan:
    return PipelinePlan(private=True, models=shipped_versions(), environ={"TEARS_ALERTER_SELFTEST_SECONDS": "0"})


def _memory_mib(pipeline: LocalPipeline) -> dict[str, float]:
    pids = {child.name.partition(" room")[0]: child.pid for child in pipeline.services()}
    if pipeline.redis_pid is not None:
        pids["redis"] = pipeline.redis_pid
    return {name: pss_mib(pid) for name, pid in pids.items()}


def _feed(client: redis.Redis, seconds: range) -> None:
    """Add a chunk for each second, never further ahead of the detections than the services may be behind."""
    rng = np.random.default_rng(seconds.start)
    noises = [(rng.standard_normal(CHUNK_RATE_HZ) * 300).astype("<i2").tobytes() for _ in range(_NOISE_CHUNKS)]
    for second in seconds:
        chunk = AudioChunk(
            mic=_GROWING_MIC,
            session="bench",
            first_sample=second * CHUNK_RATE_HZ,
            sample_rate_hz=CHUNK_RATE_HZ,
            channels=1,
            pcm=noises[second % _NOISE_CHUNKS],
            captured_at_seconds=time.time(),
        )
        fields: dict[Any, Any] = {names.BODY: chunk.encode()}
        client.xadd(names.chunks(_GROWING_MIC), fields, maxlen=_KEPT_SECONDS, approximate=False)
        if second == 0:
            client.hset(names.MICS_HASH, _GROWING_MIC, _registered(chunk))
        _wait_for_windows(client, second - _BEHIND_SECONDS)
    _wait_for_windows(client, seconds.stop - 4)  # the first window ends after 5 s


def _registered(chunk: AudioChunk) -> bytes:
    return MicRecord(
        mic=chunk.mic,
        sample_rate_hz=chunk.sample_rate_hz,
        channels=chunk.channels,
        device="bench",
        session=chunk.session,
        heartbeat_seconds=0.0,
    ).encode()


def _wait_for_windows(client: redis.Redis, count: int) -> None:
    until = time.monotonic() + _LONGEST_WAIT_SECONDS
    while stream_facts(client, names.DETECTIONS_STREAM).entries_added < count:
        if time.monotonic() > until:
            raise SystemExit(f"fewer than {count} windows were classified; the services are stuck")
        time.sleep(0.02)


def main() -> int:
    """Measure and print; return the exit status."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else HEARD_HOURS
    with tempfile.TemporaryDirectory(prefix="tears-bench-") as name:
        return report(measure(Path(name), hours), Console())


if __name__ == "__main__":
    sys.exit(main())
