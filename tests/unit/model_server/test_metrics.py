"""The page that Prometheus scrapes."""

from prometheus_client.parser import text_string_to_metric_families

from tears.model_server.metrics import GRPC, MAX_COUNTED_VERSIONS, REST, ServerMetrics
from tears.tfserving.v1.status_pb2 import StatusProto

PREFIX = ":tensorflow:serving:"


def samples(metrics: ServerMetrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the values by name and labels. The parser appends `_total` to every counter name."""
    return {
        (
            sample.name.replace("request_count_total", "request_count"),
            tuple(sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
    }


def of(metrics: ServerMetrics, name: str, **labels: str) -> float | None:
    return samples(metrics).get((name, tuple(sorted(labels.items()))))


def test_requests_are_counted_by_model_and_status_without_the_suffix_that_tf_serving_lacks() -> None:
    metrics = ServerMetrics()
    metrics.observe_request("cry", "Predict", GRPC, StatusProto.OK, 0.002)
    metrics.observe_request("cry", "predict", REST, StatusProto.OK, 0.002)
    metrics.observe_request("cry", "Predict", GRPC, StatusProto.INVALID_ARGUMENT, 0.001)
    assert of(metrics, f"{PREFIX}request_count", model_name="cry", status="OK") == 2
    assert of(metrics, f"{PREFIX}request_count", model_name="cry", status="INVALID_ARGUMENT") == 1
    lines = metrics.page().decode().splitlines()
    assert f"# TYPE {PREFIX}request_count counter" in lines
    assert f'{PREFIX}request_count{{model_name="cry",status="OK"}} 2' in lines


def test_latencies_are_microseconds_in_tf_servings_buckets() -> None:
    metrics = ServerMetrics()
    metrics.observe_request("cry", "Predict", GRPC, StatusProto.OK, 0.002)
    metrics.observe_runtime("cry", "Predict", "TFLite", 0.0005)
    request = {"model_name": "cry", "API": "Predict", "entrypoint": "GRPC"}
    assert of(metrics, f"{PREFIX}request_latency_sum", **request) == 2000
    assert of(metrics, f"{PREFIX}request_latency_count", **request) == 1
    runtime = {"model_name": "cry", "API": "Predict", "runtime": "TFLite"}
    assert of(metrics, f"{PREFIX}runtime_latency_sum", **runtime) == 500
    bounds = {
        dict(labels)["le"]: value for (name, labels), value in samples(metrics).items() if name.endswith("_bucket")
    }
    assert len(bounds) == 34
    assert {"10.0", "18.0", "+Inf"} <= set(bounds)


def test_requests_and_runs_are_counted_by_version_too() -> None:
    metrics = ServerMetrics()
    for number in (1, 2, 2):
        metrics.observe_answer("cry", number)
        metrics.observe_run("cry", number, 0.25)
    assert of(metrics, "tears_model_server_requests_total", model_name="cry", model_version="1") == 1
    assert of(metrics, "tears_model_server_requests_total", model_name="cry", model_version="2") == 2
    assert of(metrics, "tears_model_server_runtime_seconds_sum", model_name="cry", model_version="2") == 0.5


def test_only_the_newest_versions_have_series() -> None:
    metrics = ServerMetrics()
    for number in (*range(1, 3 * MAX_COUNTED_VERSIONS), 1):
        metrics.observe_answer("cry", number)
        metrics.observe_run("cry", number, 0.25)
    found = {
        int(dict(labels)["model_version"])
        for name, labels in samples(metrics)
        if name.endswith("server_requests_total")
    }
    assert found == set(range(2 * MAX_COUNTED_VERSIONS, 3 * MAX_COUNTED_VERSIONS))


def test_a_refused_request_has_no_latency() -> None:
    metrics = ServerMetrics()
    metrics.observe_request("cry", "Predict", GRPC, StatusProto.INVALID_ARGUMENT, 0.002)
    assert not [name for name, _ in samples(metrics) if name.startswith(f"{PREFIX}request_latency")]


def test_names_of_unknown_models_do_not_become_labels() -> None:
    metrics = ServerMetrics()
    metrics.observe_load("cry", StatusProto.OK, is_swap=False)
    for number in range(1000):
        metrics.observe_request(f"dog {number}", "Predict", GRPC, StatusProto.NOT_FOUND, 0.0)
    metrics.observe_request("cry", "Predict", GRPC, StatusProto.NOT_FOUND, 0.0)
    counted = {labels: value for (name, labels), value in samples(metrics).items() if name == f"{PREFIX}request_count"}
    assert counted == {
        (("model_name", ""), ("status", "NOT_FOUND")): 1000,
        (("model_name", "cry"), ("status", "NOT_FOUND")): 1,
    }


def test_names_are_escaped() -> None:
    metrics = ServerMetrics()
    name = 'a"b\\c\nd'
    metrics.observe_request(name, "Predict", GRPC, StatusProto.OK, 0.0)
    assert of(metrics, f"{PREFIX}request_count", model_name=name, status="OK") == 1


def test_loads_swaps_versions_and_memory_are_shown() -> None:
    metrics = ServerMetrics()
    metrics.observe_load("cry", StatusProto.OK, is_swap=False)
    metrics.observe_load("cry", StatusProto.OK, is_swap=True)
    metrics.observe_load("cry", StatusProto.FAILED_PRECONDITION, is_swap=True)
    metrics.observe_unload("cry")
    metrics.set_versions({"cry": 2, "dog": 7})
    metrics.set_versions({"cry": 2})
    assert of(metrics, "tears_model_server_loads_total", model_name="cry", status="OK") == 2
    assert of(metrics, "tears_model_server_loads_total", model_name="cry", status="FAILED_PRECONDITION") == 1
    assert of(metrics, "tears_model_server_swaps_total", model_name="cry") == 1
    assert of(metrics, "tears_model_server_unloads_total", model_name="cry") == 1
    assert of(metrics, "tears_model_server_model_version", model_name="cry") == 2
    assert of(metrics, "tears_model_server_model_version", model_name="dog") is None
    resident = of(metrics, "process_resident_memory_bytes")
    assert resident is not None
    assert resident > 2**20


def test_two_servers_in_one_process_count_separately() -> None:
    first, second = ServerMetrics(), ServerMetrics()
    first.observe_request("cry", "Predict", GRPC, StatusProto.OK, 0.0)
    assert of(second, f"{PREFIX}request_count", model_name="cry", status="OK") is None
