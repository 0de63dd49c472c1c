"""Judge the memory of each process, and measure whether it grows: `python -m bench.pipeline.memory [HOURS]`."""

import sys
import time
from collections.abc import Mapping
from typing import Any

import redis
from rich.console import Console

from bench.bench_figure import BenchFigure, report
from bench.pipeline.fed_rooms import CHUNK_RATE_HZ, NOISE_CHUNKS, mic_record, noise_chunks
from bench.process_costs import pss_mib
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.model_server import shipped_versions
from tears.kit.messages import AudioChunk
from tears.kit.streams import names
from tears.kit.streams.reader import stream_facts

BAR_ALL_MIB = 190.0
BAR_ONE_MIB = 40.0
BAR_GROWN_MIB = 4.0
HEARD_HOURS = 2.0
_GROWING_MIC = "week"
# As much as recorders keep; and how far windows may be behind the sound that is fed.
_KEPT_SECONDS, _BEHIND_SECONDS = 120, 30
_FIRST_SECONDS = 600
_LONGEST_WAIT_SECONDS = 60.0
_WINDOW_LOOK_SECONDS = 0.02


def room_figures(mib: Mapping[str, float]) -> list[BenchFigure]:
    """Judge the memory of each process with one room, in MiB."""
    others = {name: value for name, value in mib.items() if name not in {"model server", "redis"}}
    largest = max(others, key=others.__getitem__)
    return [
        BenchFigure("memory with one room", sum(mib.values()), "MiB PSS", BAR_ALL_MIB, note=_words(mib)),
        BenchFigure("memory of the largest service", others[largest], "MiB PSS", BAR_ONE_MIB, note=largest),
    ]


def growth_figure(hours: float) -> BenchFigure:
    """Measure how much the memory grows while hours of sound are heard as fast as possible."""
    before, after = _memory_over_hours(hours)
    grown = {name: after[name] - before[name] for name in after}
    what = f"memory that {hours:g} h of sound add to a process"
    return BenchFigure(what, max(grown.values()), "MiB PSS", BAR_GROWN_MIB, note=_words(grown))


def _words(mib: Mapping[str, float]) -> str:
    """Return figures by process as text."""
    return ", ".join(f"{name} {value:.1f}" for name, value in mib.items())


def _memory_over_hours(hours: float) -> tuple[dict[str, float], dict[str, float]]:
    """Return the memory by process, in MiB, after ten minutes of sound, and after so many hours more.

    The sound is fed as fast as the services take it, so a week lasts about an hour. There is no recorder.
    """
    plan = PipelinePlan(private=True, models=shipped_versions(), environ={"TEARS_ALERTER_SELFTEST_SECONDS": "0"})
    with LocalPipeline(plan) as pipeline, pipeline.client() as client:
        _feed(client, range(_FIRST_SECONDS))
        before = memory_mib(pipeline)
        _feed(client, range(_FIRST_SECONDS, _FIRST_SECONDS + round(hours * 3_600)))
        return before, memory_mib(pipeline)


def memory_mib(pipeline: LocalPipeline) -> dict[str, float]:
    """Return the proportional set size of each process, in MiB."""
    pids = {child.name: child.pid for child in pipeline.services()}
    if pipeline.host_pid is not None:
        pids["service host"] = pipeline.host_pid
    if pipeline.redis_pid is not None:
        pids["redis"] = pipeline.redis_pid
    return {name: pss_mib(pid) for name, pid in pids.items()}


def _feed(client: redis.Redis, seconds: range) -> None:
    """Add a chunk for each second, never further ahead of the detections than the services may be behind."""
    noises = noise_chunks(seconds.start)
    for second in seconds:
        chunk = AudioChunk(
            mic=_GROWING_MIC,
            session="bench",
            first_sample=second * CHUNK_RATE_HZ,
            sample_rate_hz=CHUNK_RATE_HZ,
            channels=1,
            pcm=noises[second % NOISE_CHUNKS],
            captured_at_seconds=time.time(),
        )
        fields: dict[Any, Any] = {names.BODY: chunk.encode()}
        client.xadd(names.chunks(_GROWING_MIC), fields, maxlen=_KEPT_SECONDS, approximate=False)
        if second == 0:
            client.hset(names.MICS_HASH, _GROWING_MIC, mic_record(_GROWING_MIC).encode())
        _wait_for_windows(client, second - _BEHIND_SECONDS)
    _wait_for_windows(client, seconds.stop - 4)  # the first window ends after 5 s


def _wait_for_windows(client: redis.Redis, count: int) -> None:
    until = time.monotonic() + _LONGEST_WAIT_SECONDS
    while stream_facts(client, names.DETECTIONS_STREAM).entries_added < count:
        if time.monotonic() > until:
            raise SystemExit(f"fewer than {count} windows were classified; the services are stuck")
        time.sleep(_WINDOW_LOOK_SECONDS)


def main() -> int:
    """Measure and print; return the exit status."""
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else HEARD_HOURS
    return report([growth_figure(hours)], Console())


if __name__ == "__main__":
    sys.exit(main())
