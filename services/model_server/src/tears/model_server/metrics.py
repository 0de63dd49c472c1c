"""The server's metrics: TF Serving's by their names there, and a few of our own; one call of one line each to count.

Latencies are in microseconds and the request counter has no `_total`, against all custom, because dashboards and alerts
made for TF Serving ask for just that. Whoever calls knows nothing of it: seconds go in.
"""

from __future__ import annotations

import threading
from collections import Counter as Counts
from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tears.tfserving.v1.status_pb2 import StatusProto

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
DEFAULT_PATH: Final = "/monitoring/prometheus/metrics"

GRPC: Final = "GRPC"
REST: Final = "REST"

MICROSECONDS: Final = 1e6
# TF Serving's own: 10 us, and 1.8 times as much each time, to 20 minutes.
_BUCKETS_MICROSECONDS: Final = tuple(10 * 1.8**step for step in range(33))


class Metrics:
    """Counts requests, runs of models and what becomes of their versions. Thread-safe."""

    def __init__(self) -> None:
        """Counts into a registry of its own, so that a process may have several servers."""
        self._registry = CollectorRegistry()
        # Only names that a model has had become labels: names in requests are without bound.
        self._models: set[str] = set()
        self._told: set[str] = set()
        self._requests: Counts[tuple[str, str]] = Counts()
        self._lock = threading.Lock()
        self._request_microseconds = self._histogram(
            "request_latency", "Microseconds of requests that were answered.", "entrypoint"
        )
        self._runtime_microseconds = self._histogram("runtime_latency", "Microseconds inside the engine.", "runtime")
        self._loads = Counter(
            "tears_model_server_loads",
            "Versions that were loaded, or would not load, by code.",
            ["model_name", "status"],
            registry=self._registry,
        )
        self._unloads = Counter(
            "tears_model_server_unloads", "Versions that left memory.", ["model_name"], registry=self._registry
        )
        self._swaps = Counter(
            "tears_model_server_swaps",
            "Versions that were loaded beside one that was serving.",
            ["model_name"],
            registry=self._registry,
        )
        self._version = Gauge(
            "tears_model_server_model_version",
            "The newest version that is served; 0 for none.",
            ["model_name"],
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)

    def observe_request(self, model: str, api: str, entrypoint: str, code: StatusProto.Code, seconds: float) -> None:
        """A request was answered.

        Args:
            model: As the request names it.
            api: `Predict`, `Classify`, ... over gRPC; `predict`, `classify`, ... over REST, "" for a GET.
            entrypoint: `GRPC` or `REST`.
            code: Of the answer.
            seconds: From the request's arrival to its answer; only those that went well are shown, as in TF Serving.
        """
        if code == StatusProto.OK:
            self._models.add(model)
            self._request_microseconds.labels(model, api, entrypoint).observe(seconds * MICROSECONDS)
        elif model not in self._models:
            model = ""
        with self._lock:
            self._requests[model, StatusProto.Code.Name(code)] += 1

    def observe_runtime(self, model: str, api: str, runtime: str, seconds: float) -> None:
        """An engine, by TF Serving's name for it, has run a model."""
        self._runtime_microseconds.labels(model, api, runtime).observe(seconds * MICROSECONDS)

    def observe_load(self, model: str, code: StatusProto.Code, *, is_swap: bool) -> None:
        """A version was loaded, or not, and by which code; `is_swap`: while another was serving."""
        self._models.add(model)
        self._loads.labels(model, StatusProto.Code.Name(code)).inc()
        if is_swap and code == StatusProto.OK:
            self._swaps.labels(model).inc()

    def observe_unload(self, model: str) -> None:
        """A version has left memory."""
        self._unloads.labels(model).inc()

    def tell_versions(self, served: Mapping[str, int]) -> None:
        """The newest version of each model that answers now; 0 is none."""
        with self._lock:
            self._models.update(served)
            for model in self._told - served.keys():
                self._version.remove(model)
            self._told = set(served)
            for model, number in served.items():
                self._version.labels(model).set(number)

    def page(self) -> bytes:
        """What Prometheus scrapes, of `CONTENT_TYPE`."""
        with self._lock:
            counts = sorted(self._requests.items())
        name = ":tensorflow:serving:request_count"
        lines = [f"# HELP {name} Requests that were answered.", f"# TYPE {name} counter"]
        lines += [
            f'{name}{{model_name="{_escaped(model)}",status="{code}"}} {count}' for (model, code), count in counts
        ]
        return "\n".join(lines).encode() + b"\n" + generate_latest(_WithoutCreated(self._registry))

    def _histogram(self, name: str, documentation: str, label: str) -> Histogram:
        return Histogram(
            f":tensorflow:serving:{name}",
            documentation,
            ["model_name", "API", label],
            buckets=_BUCKETS_MICROSECONDS,
            registry=self._registry,
        )


class _WithoutCreated(Collector):
    """A registry without the time at which each series began, which TF Serving does not tell."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._all = registry

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        for metric in self._all.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


def _escaped(label: str) -> str:
    """A label's value, as the text format wants it."""
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
