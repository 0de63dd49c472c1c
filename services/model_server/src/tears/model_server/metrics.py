"""The metrics that TF Serving has, under its names, and a few more.

Dashboards and alerts made for TF Serving need latencies in microseconds and a request counter without `_total`, against
Prometheus' conventions. Callers pass seconds.
"""

import threading
from collections import Counter as Counts
from collections.abc import Mapping
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, Summary, generate_latest
from prometheus_client.metrics import disable_created_metrics

from tears.tfserving.v1.status_pb2 import StatusProto

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
DEFAULT_PATH: Final = "/monitoring/prometheus/metrics"

# The versions of a model that have series of their own. A new one comes with each training.
MAX_COUNTED_VERSIONS: Final = 8

GRPC: Final = "GRPC"
REST: Final = "REST"

MICROSECONDS: Final = 1e6
# TF Serving's own buckets: from 10 us, each 1.8 times the last, to 20 minutes.
_BUCKETS_MICROSECONDS: Final = tuple(10 * 1.8**step for step in range(33))


class ServerMetrics:
    """Count requests, runs of models, and loaded and unloaded versions. Thread-safe."""

    def __init__(self) -> None:
        """Use a registry of its own, so that a process may have several servers."""
        # TF Serving does not report when a series began. The switch is one for the whole process.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        # Only names of models that have been loaded become labels: clients can send any number of other names.
        self._models: set[str] = set()
        self._with_version: set[str] = set()
        self._requests: Counts[tuple[str, str]] = Counts()
        self._newest: dict[str, list[int]] = {}
        self._lock = threading.Lock()
        histogram = partial(Histogram, buckets=_BUCKETS_MICROSECONDS, registry=self._registry)
        self._request_microseconds = histogram(
            ":tensorflow:serving:request_latency",
            "Microseconds of requests that were answered.",
            ["model_name", "API", "entrypoint"],
        )
        self._runtime_microseconds = histogram(
            ":tensorflow:serving:runtime_latency", "Microseconds inside the engine.", ["model_name", "API", "runtime"]
        )
        counter = partial(Counter, labelnames=["model_name"], registry=self._registry)
        self._loads = counter(
            "tears_model_server_loads", "Attempts to load a version, by code.", labelnames=["model_name", "status"]
        )
        self._unloads = counter("tears_model_server_unloads", "Versions that were unloaded.")
        self._swaps = counter("tears_model_server_swaps", "Versions that were loaded while another was serving.")
        self._version = Gauge(
            "tears_model_server_model_version",
            "The newest version that is served; 0 if none is.",
            ["model_name"],
            registry=self._registry,
        )
        by_version = ["model_name", "model_version"]
        self._requests_of_version = counter(
            "tears_model_server_requests", "Requests that a version answered.", labelnames=by_version
        )
        self._runtime_of_version = Summary(
            "tears_model_server_runtime_seconds", "Seconds inside the engine.", by_version, registry=self._registry
        )
        ProcessCollector(registry=self._registry)

    def observe_request(self, model: str, api: str, entrypoint: str, code: StatusProto.Code, seconds: float) -> None:
        """Count an answered request and, if it was successful, the time from its arrival to the answer.

        The API is `Predict`, `Classify`, ... for gRPC; `predict`, `classify`, ... for REST, and "" for a GET. The entry
        point is `GRPC` or `REST`.
        """
        if code == StatusProto.OK:
            self._models.add(model)
            self._request_microseconds.labels(model, api, entrypoint).observe(seconds * MICROSECONDS)
        elif model not in self._models:
            model = ""
        with self._lock:
            self._requests[model, StatusProto.Code.Name(code)] += 1

    def observe_runtime(self, model: str, api: str, runtime: str, seconds: float) -> None:
        """Count a run of a model; `runtime` is TF Serving's name for the engine."""
        self._runtime_microseconds.labels(model, api, runtime).observe(seconds * MICROSECONDS)

    def observe_answer(self, model: str, number: int) -> None:
        """Count a request that a version has answered, whatever the API."""
        if self._has_series(model, number):
            self._requests_of_version.labels(model, number).inc()

    def observe_run(self, model: str, number: int, seconds: float) -> None:
        """Count a run of a version."""
        if self._has_series(model, number):
            self._runtime_of_version.labels(model, number).observe(seconds)

    def _has_series(self, model: str, number: int) -> bool:
        """Return whether a version is one of the newest that were counted; the series of older ones are dropped."""
        with self._lock:
            newest = self._newest.setdefault(model, [])
            if number in newest:
                return True
            newest.append(number)
            newest.sort(reverse=True)
            for old in newest[MAX_COUNTED_VERSIONS:]:
                if old != number:
                    self._requests_of_version.remove(model, old)
                    self._runtime_of_version.remove(model, old)
            del newest[MAX_COUNTED_VERSIONS:]
            return number in newest

    def observe_load(self, model: str, code: StatusProto.Code, *, is_swap: bool) -> None:
        """Count an attempt to load a version; `is_swap` means that another version was serving."""
        self._models.add(model)
        self._loads.labels(model, StatusProto.Code.Name(code)).inc()
        if is_swap and code == StatusProto.OK:
            self._swaps.labels(model).inc()

    def observe_unload(self, model: str) -> None:
        """Count an unloaded version."""
        self._unloads.labels(model).inc()

    def set_versions(self, served: Mapping[str, int]) -> None:
        """Set the newest version of each model that answers now; 0 means none."""
        with self._lock:
            self._models.update(served)
            for model in self._with_version - served.keys():
                self._version.remove(model)
            self._with_version = set(served)
            for model, number in served.items():
                self._version.labels(model).set(number)

    def page(self) -> bytes:
        """Return the page that Prometheus scrapes; its type is `CONTENT_TYPE`."""
        with self._lock:
            counts = sorted(self._requests.items())
        name = ":tensorflow:serving:request_count"
        lines = [f"# HELP {name} Requests that were answered.", f"# TYPE {name} counter"]
        lines += [
            f'{name}{{model_name="{_escaped(model)}",status="{code}"}} {count}' for (model, code), count in counts
        ]
        return "\n".join(lines).encode() + b"\n" + generate_latest(self._registry)


def _escaped(label: str) -> str:
    """Return a label's value as the text format requires it."""
    return label.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
