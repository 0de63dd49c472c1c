"""One microphone in real time: from the last sample in Redis to the detection, and what it all weighs."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import redis
from rich.console import Console
from rich.progress import track

from bench.report import Figure
from bench.scenes import recording
from tears.cli.house.local_pipeline import House, HousePlan
from tears.kit.messages import AudioChunk, Detection
from tears.kit.streams.names import BODY, DETECTIONS_STREAM, chunks

SECONDS = 140
BAR_LAG_MILLISECONDS = 100.0
BAR_PSS_MIB = 300.0
MIC = "bench"


def measure(folder: Path, console: Console) -> list[Figure]:
    """140 s of real time: Redis holds its 120 s of sound at the end, and the recorder its spool."""
    path = recording(folder, minutes=SECONDS / 60 + 1, seed=2)
    ends: dict[int, float] = {}
    with House(HousePlan(private=True)) as house, house.client() as client:
        house.record(MIC, path, "realtime")
        for _ in track(range(SECONDS), "listening in real time", console=console, transient=True):
            time.sleep(1)
            _note_chunks(client, ends)
        lags = _lags_milliseconds(client, ends)
        weights = {child.name: _pss_mib(child.pid) for child in [*house.children, house.recorders[MIC]]}
        if house.redis_pid is not None:
            weights["redis"] = _pss_mib(house.redis_pid)
    p95 = statistics.quantiles(lags, n=20)[-1]
    by_name = ", ".join(f"{name} {weight:.0f}" for name, weight in weights.items())
    return [
        Figure(
            "last sample in Redis to detection, p95",
            p95,
            "ms",
            BAR_LAG_MILLISECONDS,
            note=f"p50 {statistics.median(lags):.0f} ms, {len(lags)} windows",
        ),
        Figure(
            "PSS of Redis, model server and the four services", sum(weights.values()), "MiB", BAR_PSS_MIB, note=by_name
        ),
    ]


def _note_chunks(client: redis.Redis, ends: dict[int, float]) -> None:
    """Remembers when each chunk came into Redis, by the index of its end sample; old ones are trimmed away."""
    entries: Any = client.xrevrange(chunks(MIC), count=3)
    for entry_id, fields in entries:
        chunk = AudioChunk.decode(fields[BODY])
        ends[chunk.end_sample] = _milliseconds(entry_id)


def _lags_milliseconds(client: redis.Redis, ends: dict[int, float]) -> list[float]:
    """By Redis's own clock: the ids of both entries are its milliseconds."""
    lags = []
    entries: Any = client.xrange(DETECTIONS_STREAM)
    for entry_id, fields in entries:
        header = Detection.decode(fields[BODY]).header
        end_sample = round(header.end_seconds * 48_000)
        if end_sample in ends:
            lags.append(_milliseconds(entry_id) - ends[end_sample])
    return lags


def _milliseconds(entry_id: bytes) -> float:
    return float(entry_id.split(b"-")[0])


def _pss_mib(pid: int) -> float:
    """The proportional set size: a page that three processes share counts a third for each."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
