"""Measure the least that a window costs: the same work with nothing around it, and so the floor of each stage."""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc
import numpy as np
import redis
import soxr
from ai_edge_litert.interpreter import Interpreter

from bench.floor.echo_server import ECHO_METHOD
from bench.pipeline.source_tree import CHECKOUT_ROOT
from bench.process_costs import cpu_seconds
from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS
from tears.cli.pipeline.private_redis import start_redis
from tears.kit.redis_client import connect
from tears.tfserving.channels import direct_channel

# Which parts each stage cannot do without. "draw" is XREADGROUP and XACK.
STAGE_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "preprocessor": ("soxr", "gain, level and offset", "draw a chunk", "add a window"),
    "classifier": ("draw a window", "ask an echo server", "add a detection"),
    "model server": ("invoke", "echo"),
    "alerter": ("draw a detection",),
    "redis": ("redis itself",),
}
_FLOOR_RATE_HZ = 48_000
_GAIN = 20.0
_OFFSET_BLOCK_SAMPLES = 480
_GROUP, _STREAM = "floor", "floor"
_KEPT_ENTRIES = 20
_REPEATS = 60
_FLOOR_STOP_SECONDS = 5.0
# int16: with half the bytes of float32, a window needs no more than that.
_WINDOW_BODY = bytes(2 * WINDOW_SAMPLES)


def floor_ms(model: Path, repeats: int = _REPEATS) -> dict[str, float]:
    """Return the CPU time of each part for one window, in ms; `model` is the served TFLite file."""
    sound = (np.random.default_rng(0).standard_normal(WINDOW_SECONDS * _FLOOR_RATE_HZ) * 300).astype(np.int16)
    floats = sound.astype(np.float32)
    room = np.empty_like(floats)
    interpreter = Interpreter(model_path=str(model), num_threads=1)
    runner = interpreter.get_signature_runner("serving_default")
    (name,) = runner.get_input_details()
    window = {name: np.zeros((1, WINDOW_SAMPLES), np.float32)}
    return {
        "soxr": _median_ms(lambda: soxr.resample(floats, _FLOOR_RATE_HZ, MODEL_RATE_HZ, quality="HQ"), repeats),
        "gain, level and offset": _median_ms(lambda: _gain_level_and_offset(sound, room), repeats),
        "invoke": _median_ms(lambda: runner(**window), repeats),
        **_redis_ms(sound[:_FLOOR_RATE_HZ].tobytes(), repeats),
        **_echo_ms(repeats),
    }


def stage_floors_ms(parts: Mapping[str, float]) -> dict[str, float]:
    """Return the floor of each stage: the sum of its parts, in ms."""
    return {stage: sum(parts[part] for part in needed) for stage, needed in STAGE_PARTS.items()}


def _gain_level_and_offset(sound: Any, room: Any) -> float:
    """Amplify and clip in place, and read the sound for its level, its loudest sample and its offset."""
    np.multiply(sound, np.float32(_GAIN), out=room)
    np.clip(room, -32_768, 32_767, out=room)
    loudest = max(int(sound.max()), -int(sound.min()))
    offsets = np.add.reduceat(sound, np.arange(0, sound.size, _OFFSET_BLOCK_SAMPLES), dtype=np.int64)
    # The sum of squares, without BLAS, as the services compute it.
    level = np.einsum("i,i->", room, room)
    return float(level) + loudest + int(offsets[0])


def _redis_ms(chunk: bytes, repeats: int) -> dict[str, float]:
    """Add, draw and acknowledge a chunk, a window and a detection; time the client's work and that of Redis."""
    bodies = {"chunk": chunk, "window": _WINDOW_BODY, "detection": bytes(100)}
    spent: dict[str, list[float]] = {f"{verb} a {what}": [] for what in bodies for verb in ("add", "draw")}
    with tempfile.TemporaryDirectory(prefix="tears-") as name:
        server, url = start_redis(Path(name))
        try:
            with connect(url) as client:
                client.xgroup_create(_STREAM, _GROUP, id="0", mkstream=True)
                server_began = cpu_seconds(server.pid)
                for _ in range(2 * repeats):
                    for what, body in bodies.items():
                        spent[f"add a {what}"].append(_spent(partial(_add, client, body)))
                        spent[f"draw a {what}"].append(_spent(partial(_draw, client)))
                server_seconds = cpu_seconds(server.pid) - server_began
        finally:
            server.stop(_FLOOR_STOP_SECONDS)
    medians = {part: 1e3 * statistics.median(times) for part, times in spent.items()}
    return {**medians, "redis itself": 1e3 * server_seconds / (2 * repeats)}


def _add(client: redis.Redis, body: bytes) -> None:
    client.xadd(_STREAM, {b"message": body}, maxlen=_KEPT_ENTRIES)


def _draw(client: redis.Redis) -> None:
    drawn: Any = client.xreadgroup(_GROUP, "one", {_STREAM: ">"}, count=1)
    client.xack(_STREAM, _GROUP, drawn[0][1][0][0])


def _echo_ms(repeats: int) -> dict[str, float]:
    """Send a window to a server that throws it away; time the client's process and the server's."""
    with _echo_server() as (server, address), direct_channel(address) as channel:
        ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(ECHO_METHOD)
        for _ in range(5):
            ask(_WINDOW_BODY, wait_for_ready=True)
        began, server_began = time.process_time(), cpu_seconds(server.pid)
        for _ in range(2 * repeats):
            ask(_WINDOW_BODY)
        spent, server_spent = time.process_time() - began, cpu_seconds(server.pid) - server_began
    return {"ask an echo server": 1e3 * spent / (2 * repeats), "echo": 1e3 * server_spent / (2 * repeats)}


@contextlib.contextmanager
def _echo_server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    with tempfile.TemporaryDirectory(prefix="tears-") as name:
        socket = f"{name}/echo.sock"
        command = [sys.executable, "-m", "bench.floor.echo_server", socket]
        with subprocess.Popen(
            command, cwd=CHECKOUT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            if not server.stdout or server.stdout.readline() != "ready\n":
                raise SystemExit("the echo server did not start")
            yield server, f"unix:{socket}"
            server.communicate()


def _median_ms(work: Callable[[], object], repeats: int) -> float:
    work()
    return 1e3 * statistics.median(_spent(work) for _ in range(repeats))


def _spent(work: Callable[[], object]) -> float:
    """Return the CPU time of a call in this thread, in seconds."""
    began = time.thread_time()
    work()
    return time.thread_time() - began
