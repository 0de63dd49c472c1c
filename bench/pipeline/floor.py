"""Measure the least that a window costs: the same work with nothing around it."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import redis
import soxr
from ai_edge_litert.interpreter import Interpreter

from bench.process_costs import cpu_seconds
from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS

_FLOOR_RATE_HZ = 48_000
_REPEATS = 60
_GAIN = 20.0
_GROUP, _STREAM = "floor", "floor"


def floor_ms(model: Path, client: redis.Redis, redis_pid: int) -> dict[str, float]:
    """Return the CPU time of each part in ms for one window, the median of many; of Redis, the mean with its own.

    Args:
        model: the served TFLite file.
        client: a Redis that nobody else uses.
        redis_pid: its process.
    """
    sound = (np.random.default_rng(0).standard_normal(WINDOW_SECONDS * _FLOOR_RATE_HZ) * 300).astype(np.int16)
    floats = sound.astype(np.float32)
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    runner = interpreter.get_signature_runner("serving_default")
    (name,) = runner.get_input_details()
    window = {name: np.zeros((1, WINDOW_SAMPLES), np.float32)}
    return {
        "soxr": _median_ms(lambda: soxr.resample(floats, _FLOOR_RATE_HZ, MODEL_RATE_HZ, quality="HQ")),
        "gain and level": _median_ms(lambda: _gain_and_level(floats)),
        "invoke": _median_ms(lambda: runner(**window)),
        "redis": _round_trips_ms(client, redis_pid, sound),
    }


def _gain_and_level(floats: Any) -> float:
    amplified = floats * np.float32(_GAIN)
    np.clip(amplified, -32_768, 32_767, out=amplified)
    return float(np.square(floats).sum())


def _round_trips_ms(client: redis.Redis, redis_pid: int, sound: Any) -> float:
    """Add, draw and acknowledge a chunk and a window, which each pass through Redis once, and a short detection."""
    bodies = [sound[:_FLOOR_RATE_HZ].tobytes(), bytes(2 * WINDOW_SAMPLES), bytes(100)]
    client.xgroup_create(_STREAM, _GROUP, id="0", mkstream=True)

    def pass_all() -> None:
        for body in bodies:
            client.xadd(_STREAM, {b"message": body}, maxlen=20)
            drawn: Any = client.xreadgroup(_GROUP, "one", {_STREAM: ">"}, count=1)
            client.xack(_STREAM, _GROUP, drawn[0][1][0][0])

    pass_all()
    began, server_began = time.process_time(), cpu_seconds(redis_pid)
    for _ in range(5 * _REPEATS):
        pass_all()
    spent = time.process_time() - began + cpu_seconds(redis_pid) - server_began
    return 1e3 * spent / (5 * _REPEATS)


def _median_ms(work: Callable[[], object]) -> float:
    work()
    spent = []
    for _ in range(_REPEATS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1e3 * statistics.median(spent)
