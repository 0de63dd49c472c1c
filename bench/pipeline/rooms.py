"""Measure how many rooms this machine carries: the delay of their windows, and what each stage costs."""

import itertools
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from bench.pipeline.fed_rooms import fed_mic
from bench.process_costs import cpu_seconds
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.model_server import shipped_versions
from tears.kit.messages import Detection
from tears.kit.streams.names import BODY, DETECTIONS_STREAM

# The first windows come after 5 s, and each process needs some to warm up.
WARM_SECONDS = 8
# How long the last windows of a run are waited for: more than that is a collapse.
LONGEST_WAIT_SECONDS = 10.0
_COUNT_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class FedRooms:
    """The result of one run.

    Attributes:
        delays: p50, p95 and p99 of the time from a window's last sample to its detection in Redis, in ms.
        done_share: the share of the windows that had a detection when the run ended, 0 to 1.
        cost_ms: CPU time for each window, in ms, by process.
        redis_mib: what Redis held at the end.
    """

    rooms: int
    replicas: int
    delays: tuple[float, float, float]
    done_share: float
    cost_ms: Mapping[str, float]
    redis_mib: float

    @property
    def total_ms(self) -> float:
        """CPU time for each window over all stages, in ms."""
        return sum(self.cost_ms.values())


def listen_to_rooms(rooms: int, replicas: int, seconds: int) -> FedRooms:
    """Feed the rooms for so many seconds after warming up, and return what was measured."""
    plan = PipelinePlan(
        private=True, replicas=replicas, models=shipped_versions(), environ={"TEARS_ALERTER_SELFTEST_SECONDS": "0"}
    )
    with LocalPipeline(plan) as pipeline, pipeline.client() as client:
        pids: dict[str, list[int]] = defaultdict(list)
        for child in pipeline.children:
            pids[child.name.partition("-")[0]].append(child.pid)
        if pipeline.redis_pid is not None:
            pids["redis"].append(pipeline.redis_pid)
        command = [sys.executable, "-m", "bench.pipeline.fed_rooms", pipeline.url, str(rooms)]
        with subprocess.Popen([*command, str(WARM_SECONDS + seconds)]) as feeder:
            time.sleep(WARM_SECONDS)
            before, windows_before = _costs(pids), _count(client)
            feeder.wait()
            wanted = rooms * (WARM_SECONDS + seconds - 4)
            until = time.monotonic() + LONGEST_WAIT_SECONDS
            while _count(client) < wanted and time.monotonic() < until:
                time.sleep(_COUNT_LOOK_SECONDS)
        windows = max(1, _count(client) - windows_before)
        costs = {name: 1e3 * (after - before[name]) / windows for name, after in _costs(pids).items()}
        memory: Any = client.info("memory")
        return FedRooms(
            rooms=rooms,
            replicas=replicas,
            delays=_delays(client, rooms),
            done_share=_count(client) / wanted,
            cost_ms=costs,
            redis_mib=memory["used_memory"] / 2**20,
        )


def _costs(pids: Mapping[str, list[int]]) -> dict[str, float]:
    return {name: sum(map(cpu_seconds, of_one)) for name, of_one in pids.items()}


def _count(client: redis.Redis) -> int:
    try:
        facts: Any = client.xinfo_stream(DETECTIONS_STREAM)
    except redis.ResponseError:
        return 0
    return int(facts["entries-added"])


def _delays(client: redis.Redis, rooms: int) -> tuple[float, float, float]:
    """Return p50, p95 and p99 of the delays, in ms, without those of the time to warm up."""
    known = {fed_mic(room) for room in range(rooms)}
    delays = []
    entries: Any = client.xrange(DETECTIONS_STREAM)
    for entry_id, fields in entries:
        header = Detection.decode(fields[BODY]).header
        if header.mic in known and header.end_seconds > WARM_SECONDS:
            delays.append(int(entry_id.partition(b"-")[0]) - 1e3 * header.captured_at_seconds)
    if len(delays) < 2:  # noqa: PLR2004 - a quantile needs two
        return (float("nan"),) * 3
    marks = statistics.quantiles(delays, n=100, method="inclusive")
    return marks[49], marks[94], marks[98]


def listen_to_all(counts: tuple[int, ...], replicas: tuple[int, ...], seconds: int) -> list[FedRooms]:
    """Return a result for each number of rooms with each number of replicas."""
    return [listen_to_rooms(rooms, several, seconds) for several, rooms in itertools.product(replicas, counts)]
