"""Compare the model server with a bare interpreter on the same two cores: latency, CPU, throughput, memory."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console

from bench.bench_figure import BenchFigure
from bench.model_server import hot_swaps
from bench.model_server.awake import awake
from bench.model_server.invoker import interpreter_of
from bench.model_server.served_model import CALL_DEADLINE_SECONDS, ServedModel, predict_request, serving

SHIPPED_MODEL: Final = Path(__file__).parents[2] / "models" / "cry"
COST_ROUNDS: Final = 12
REQUESTS_A_ROUND: Final = 50
CALLERS_AT_ONCE: Final = 4
THROUGHPUT_SECONDS: Final = 2.0

BAR_LATENCY_MILLISECONDS: Final = 2.5
BAR_CPU_MILLISECONDS: Final = 1.5
BAR_THROUGHPUT_PERCENT: Final = 50.0
BAR_RSS_MIB: Final = 90.0
BAR_FIRST_ANSWER_SECONDS: Final = 1.0


def measure(folder: Path, console: Console) -> list[BenchFigure]:
    """Measure everything on the cores of this process, which should be two; compared parts take turns."""
    cores = sorted(os.sched_getaffinity(0))
    console.print("asking the model server")
    return [
        *_figures(np.float32, folder, cores),
        *_figures(np.int16, folder, cores),
        _first_answer(folder),
        *hot_swaps.measure(folder, SHIPPED_MODEL),
    ]


def _figures(dtype: type[np.float32 | np.int16], folder: Path, cores: list[int]) -> list[BenchFigure]:
    """Measure latency, CPU, throughput and memory with windows of one dtype, beside invoke() on floats."""
    name = np.dtype(dtype).name
    request = predict_request(dtype)
    model = SHIPPED_MODEL / "1" / "model.tflite"
    with serving(SHIPPED_MODEL, folder / f"{name}.log") as served:
        latency, cpu = _one_at_a_time(served, model, request, name, cores)
        throughput = _many_at_once(served, model, request, name, cores)
        rss = BenchFigure(f"RSS after that, {name}", served.rss_mib(), "MiB", BAR_RSS_MIB)
    return [latency, cpu, throughput, rss]


@dataclass(frozen=True)
class _Costs:
    """The times of a request and of an invoke(), in milliseconds."""

    request: float
    invoke: float
    request_cpu: float
    invoke_cpu: float


def _one_at_a_time(
    served: ServedModel, model: Path, request: bytes, name: str, cores: list[int]
) -> tuple[BenchFigure, BenchFigure]:
    """Measure with cores kept awake, as a loop of invoke() keeps them; the notes show the figures without that."""
    asleep = _costs(served, model, request)
    with awake(cores):
        costs = _costs(served, model, request)
    latency, cpu = costs.request - costs.invoke, costs.request_cpu - costs.invoke_cpu
    asleep_latency, asleep_cpu = asleep.request - asleep.invoke, asleep.request_cpu - asleep.invoke_cpu
    latency_note = f"{costs.request:.2f} and {costs.invoke:.2f} ms; cores asleep between: {asleep_latency:.1f} ms above"
    cpu_note = f"{costs.request_cpu:.2f} and {costs.invoke_cpu:.2f} ms; cores asleep between: {asleep_cpu:.1f} ms above"
    what, what_cpu = f"Predict p50 above invoke(), {name}", f"server CPU a request above invoke(), {name}"
    return (
        BenchFigure(what, latency, "ms", BAR_LATENCY_MILLISECONDS, note=latency_note),
        BenchFigure(what_cpu, cpu, "ms", BAR_CPU_MILLISECONDS, note=cpu_note),
    )


def _costs(served: ServedModel, model: Path, request: bytes) -> _Costs:
    """Return medians; requests and a loop of invoke() take turns."""
    interpreter = interpreter_of(model)
    bare: list[float] = []
    asked: list[float] = []
    bare_cpu: list[float] = []
    served_cpu: list[float] = []
    for _ in range(COST_ROUNDS):
        began_cpu = time.thread_time()
        bare += _timed(interpreter.invoke)
        bare_cpu.append((time.thread_time() - began_cpu) / REQUESTS_A_ROUND)
        began_cpu = served.cpu_seconds()
        asked += _timed(lambda: served.predict(request, timeout=CALL_DEADLINE_SECONDS))
        served_cpu.append((served.cpu_seconds() - began_cpu) / REQUESTS_A_ROUND)
    return _Costs(*(statistics.median(each) * 1e3 for each in (asked, bare, served_cpu, bare_cpu)))


def _timed(call: Callable[[], object]) -> list[float]:
    """Return the seconds that each of a round's calls takes."""
    seconds = []
    for _ in range(REQUESTS_A_ROUND):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return seconds


def _many_at_once(served: ServedModel, model: Path, request: bytes, name: str, cores: list[int]) -> BenchFigure:
    """Measure windows a second at concurrency 4, as a share of what two bare interpreters reach on the two cores."""
    invokers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.model_server.invoker", str(model), str(core)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for core in cores
    ]
    bare: list[float] = []
    asked: list[float] = []
    with ThreadPoolExecutor(CALLERS_AT_ONCE) as pool:
        for invoker in invokers:
            _line_of(invoker)
        for _ in range(5):
            bare.append(_invoke(invokers))
            end_seconds = time.perf_counter() + THROUGHPUT_SECONDS
            counts = pool.map(lambda _, end=end_seconds: _ask_until(served, request, end), range(CALLERS_AT_ONCE))
            asked.append(sum(counts) / THROUGHPUT_SECONDS)
    for invoker in invokers:
        invoker.communicate()
    ratio = statistics.median(one / limit for one, limit in zip(asked, bare, strict=True))
    note = f"{statistics.median(asked):.0f} and {statistics.median(bare):.0f} a second"
    what = f"throughput at {CALLERS_AT_ONCE} beside two bare invokers, {name}"
    return BenchFigure(what, 100 * ratio, "%", BAR_THROUGHPUT_PERCENT, at_least=True, note=note)


def _line_of(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline() if process.stdout else ""


def _invoke(invokers: list[subprocess.Popen[str]]) -> float:
    """Return the invocations a second of all invokers together."""
    for invoker in invokers:
        if invoker.stdin:
            invoker.stdin.write(f"{THROUGHPUT_SECONDS}\n")
            invoker.stdin.flush()
    return sum(int(_line_of(invoker)) for invoker in invokers) / THROUGHPUT_SECONDS


def _ask_until(served: ServedModel, request: bytes, end_seconds: float) -> int:
    count = 0
    while time.perf_counter() < end_seconds:
        served.predict(request, timeout=CALL_DEADLINE_SECONDS)
        count += 1
    return count


def _first_answer(folder: Path) -> BenchFigure:
    """Measure from the start of the process to its first answer."""
    request = predict_request(np.float32)
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        with serving(SHIPPED_MODEL, folder / "first.log") as served:
            served.predict(request, timeout=CALL_DEADLINE_SECONDS, wait_for_ready=True)
            times.append(time.perf_counter() - began)
    note = f"of 5: {', '.join(f'{one:.2f}' for one in times)}"
    seconds = statistics.median(times)
    return BenchFigure("first answer after the start", seconds, "s", BAR_FIRST_ANSWER_SECONDS, note=note)
