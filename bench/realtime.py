"""Run one microphone in real time: the time from the last sample in Redis to the detection, and the memory."""

import statistics
import time
from pathlib import Path
from typing import Any

import redis
from rich.console import Console
from rich.progress import track

from bench.bench_figure import BenchFigure
from bench.pipeline.memory import memory_mib, room_figures
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.model_server import shipped_versions
from tears.kit.messages import AudioChunk, Detection
from tears.kit.streams.names import BODY, DETECTIONS_STREAM, chunks
from tears.samples.scene import compose_scene
from tears.samples.scene_files import write_scene

# At the end, Redis has its 120 s of sound, and the recorder its own.
REALTIME_SECONDS = 140
BAR_LAG_MILLISECONDS = 100.0
REALTIME_MIC = "bench"


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Listen until nothing that one room needs is still growing."""
    path = write_scene(compose_scene(2, minutes=REALTIME_SECONDS / 60 + 1), folder, "realtime")
    ends: dict[int, float] = {}
    with LocalPipeline(PipelinePlan(private=True, models=shipped_versions())) as pipeline, pipeline.client() as client:
        pipeline.play(REALTIME_MIC, path, "realtime")
        for _ in track(range(REALTIME_SECONDS), "listening in real time", console=console, transient=True):
            time.sleep(1)
            _note_chunks(client, ends)
        lags = _lags_milliseconds(client, ends)
        memory = memory_mib(pipeline)
    p95 = statistics.quantiles(lags, n=20)[-1]
    speed_note = f"p50 {statistics.median(lags):.0f} ms, {len(lags)} windows"
    return [
        BenchFigure("last sample in Redis to detection, p95", p95, "ms", BAR_LAG_MILLISECONDS, note=speed_note),
        *room_figures(memory),
    ]


def _note_chunks(client: redis.Redis, ends: dict[int, float]) -> None:
    """Note when each chunk came into Redis, by its end sample; Redis trims old chunks."""
    entries: Any = client.xrevrange(chunks(REALTIME_MIC), count=3)
    for entry_id, fields in entries:
        chunk = AudioChunk.decode(fields[BODY])
        ends[chunk.end_sample] = _milliseconds(entry_id)


def _lags_milliseconds(client: redis.Redis, ends: dict[int, float]) -> list[float]:
    """Return the lags by Redis's own clock: the ids of both entries are its milliseconds."""
    lags = []
    entries: Any = client.xrange(DETECTIONS_STREAM)
    for entry_id, fields in entries:
        header = Detection.decode(fields[BODY]).header
        end_sample = round(header.end_seconds * 48_000)
        if header.mic == REALTIME_MIC and end_sample in ends:
            lags.append(_milliseconds(entry_id) - ends[end_sample])
    return lags


def _milliseconds(entry_id: bytes) -> float:
    return float(entry_id.split(b"-")[0])
