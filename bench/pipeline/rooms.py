"""Feed a pipeline the sound of so many rooms, and measure the delay of their windows and what each process costs."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import redis

from bench.pipeline.fed_rooms import fed_mic, feed_command
from bench.pipeline.source_tree import CHECKOUT_ROOT, SourceTree
from bench.pipeline.started_pipeline import StartedPipeline
from tears.kit.messages import Detection
from tears.kit.streams.names import BODY, DETECTIONS_STREAM
from tears.kit.streams.reader import stream_facts

# The first windows come after 5 s, and each process needs some to warm up.
WARM_SECONDS = 8
# How long the last windows of a run are waited for: more than that is a collapse.
LONGEST_DRAIN_SECONDS = 10.0
# What is carried has all windows but those that the end of a run cuts off, in a second at most.
CARRIED_SHARE = 0.99
CARRIED_MILLISECONDS = 1_000.0
_COUNT_LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class FedRooms:
    """The result of one run.

    Attributes:
        delays: p50, p95 and p99 of the time from XADD of a window's last chunk to its detection in Redis, in ms.
        done_share: the share of the windows that had scores when the run ended, 0 to 1; tombstones do not count.
        cost_ms: CPU time for each window with scores, in ms, by stage. Tombstones cost little, and do not count.
        feeder_ms: CPU time of the feeder for each chunk, in ms; no part of the pipeline.
        redis_mib: what Redis held at the end.
        pss_mib: the memory of each stage at the end, in MiB.
        start_seconds: from the start of a process until it was ready.
    """

    rooms: int
    replicas: int
    delays: tuple[float, float, float]
    done_share: float
    cost_ms: Mapping[str, float]
    feeder_ms: float
    redis_mib: float
    pss_mib: Mapping[str, float]
    start_seconds: Mapping[str, float]

    @property
    def total_ms(self) -> float:
        """Return the CPU time for each window over all stages, in ms."""
        return sum(self.cost_ms.values())

    @property
    def is_carried(self) -> bool:
        """Return whether all windows were done in time."""
        return self.done_share >= CARRIED_SHARE and self.delays[1] <= CARRIED_MILLISECONDS


class FedWindow(NamedTuple):
    """A window of a fed room: where it ends in its session, when its scores came, and how long after its sound."""

    end_seconds: float
    came_milliseconds: float
    delay_milliseconds: float


def listen_to_rooms(tree: SourceTree, rooms: int, replicas: int, seconds: int) -> FedRooms:
    """Feed the rooms for so many seconds after warming up, and return what was measured."""
    with (
        tempfile.TemporaryDirectory(prefix="tears-") as name,
        StartedPipeline(tree, Path(name), replicas) as pipeline,
        pipeline.client() as client,
    ):
        command = feed_command(pipeline.url, rooms, WARM_SECONDS + seconds)
        with subprocess.Popen(command, cwd=CHECKOUT_ROOT, stdout=subprocess.PIPE, text=True) as feeder:
            # The rooms are fed in real time meanwhile.
            time.sleep(WARM_SECONDS)
            before, begun_milliseconds = pipeline.cpu_seconds(), 1e3 * time.time()
            said, _ = feeder.communicate()
            wanted = rooms * (WARM_SECONDS + seconds - 4)
            until = time.monotonic() + LONGEST_DRAIN_SECONDS
            while stream_facts(client, DETECTIONS_STREAM).entries_added < wanted and time.monotonic() < until:
                time.sleep(_COUNT_LOOK_SECONDS)
        after = pipeline.cpu_seconds()
        memory: Any = client.info("memory")
        scored = scored_windows(client, rooms)
        windows = max(1, sum(window.came_milliseconds > begun_milliseconds for window in scored))
        delays = [window.delay_milliseconds for window in scored if window.end_seconds > WARM_SECONDS]
        return FedRooms(
            rooms=rooms,
            replicas=replicas,
            delays=quantiles_of(delays),
            done_share=len(delays) / (rooms * seconds),
            cost_ms={name: 1e3 * (after[name] - before[name]) / windows for name in after},
            feeder_ms=float(said),
            redis_mib=memory["used_memory"] / 2**20,
            pss_mib=pipeline.pss_mib(),
            start_seconds=dict(pipeline.start_seconds),
        )


def quantiles_of(delays: Sequence[float]) -> tuple[float, float, float]:
    """Return p50, p95 and p99; of fewer than two delays, infinity, because windows that never come are late."""
    if len(delays) < 2:  # noqa: PLR2004 - a quantile needs two
        return (float("inf"),) * 3
    marks = statistics.quantiles(delays, n=100, method="inclusive")
    return marks[49], marks[94], marks[98]


def scored_windows(client: redis.Redis, rooms: int) -> list[FedWindow]:
    """Return the windows with scores of the fed rooms."""
    known = {fed_mic(room) for room in range(rooms)}
    found = []
    entries: Any = client.xrange(DETECTIONS_STREAM)
    for entry_id, fields in entries:
        detection = Detection.decode(fields[BODY])
        header = detection.header
        if header.mic in known and detection.tombstone is None:
            came = float(entry_id.partition(b"-")[0])
            found.append(FedWindow(header.end_seconds, came, came - 1e3 * header.captured_at_seconds))
    return found
