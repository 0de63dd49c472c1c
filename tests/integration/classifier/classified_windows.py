"""Windows for a real classifier process, and the detections that it publishes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import redis
from support.network.model_servers import FakeModelServer
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.kit.messages import AudioWindow, Detection, Tombstone, WindowHeader
from tears.kit.streams.names import BODY, DETECTIONS_STREAM, WINDOWS_STREAM

DEADLINE_SECONDS = 60.0


def window(index: int, *, tombstone: Tombstone | None = None) -> AudioWindow:
    header = WindowHeader(
        mic="nursery",
        session="s1",
        index=index,
        start_seconds=float(index),
        end_seconds=index + 5.0,
        captured_at_seconds=1_700_000_000.0 + index,
        level_dbfs=-40.0,
    )
    if tombstone is not None:
        return AudioWindow(header=header, tombstone=tombstone)
    return AudioWindow(header=header, pcm=np.full(110_250, index, "<i2").tobytes())


def add(client: redis.Redis, *windows: AudioWindow) -> None:
    for window in windows:
        client.xadd(WINDOWS_STREAM, {BODY: window.encode()})


def detections(client: redis.Redis) -> list[Detection]:
    entries: Any = client.xrange(DETECTIONS_STREAM)
    return [Detection.decode(fields[BODY]) for _, fields in entries]


def wait_for(client: redis.Redis, count: int) -> list[Detection]:
    wait_until(lambda: len(detections(client)) >= count, DEADLINE_SECONDS, describe=lambda: f"{count} detections")
    return sorted(detections(client), key=lambda found: found.header.index)


@contextlib.contextmanager
def classifier(url: str, model: FakeModelServer, tmp_path: Path, **settings: str) -> Iterator[ServiceProcess]:
    environ = {
        "TEARS_REDIS_URL": url,
        "TEARS_CLASSIFIER_SERVER": model.address,
        "TEARS_CLASSIFIER_PROBE_PORT": "0",
        "TEARS_CLASSIFIER_DEADLINE_SECONDS": "2",
        "TEARS_HOST": "test",
        **settings,
    }
    with ServiceProcess(
        "tears.classifier", environ, tmp_path / f"classifier{settings.get('TEARS_SLOT', '')}.log"
    ) as it:
        yield it
