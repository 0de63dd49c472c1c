"""Runs, loads and unloads are counted."""

from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families
from unit.model_server.fakes import FakeLoader

from tears.model_server.dataplane.engine_metrics import CountedLoader, count_runs_for
from tears.model_server.errors import LoadError
from tears.model_server.metrics import ServerMetrics
from tears.tfserving.methods import CLASSIFY, REGRESS

WAVEFORM = {"waveform": np.zeros((1, 4), np.float32)}


def counted(metrics: ServerMetrics, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples by the values of their labels, in the order of the labels' names."""
    return {
        tuple(value for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
        if sample.name == name
    }


def test_each_run_is_counted_for_its_method() -> None:
    metrics = ServerMetrics()
    servable = CountedLoader("cry", FakeLoader(), metrics)(Path("1"))
    assert servable.run("serving_default", WAVEFORM, ["noise"]) == {"noise": [1.0]}
    with count_runs_for(CLASSIFY):
        servable.run("serving_default", WAVEFORM, ["noise"])
        with count_runs_for(REGRESS):
            servable.run("serving_default", WAVEFORM, ["noise"])
        servable.run("serving_default", WAVEFORM, ["noise"])
    assert counted(metrics, ":tensorflow:serving:runtime_latency_count") == {
        ("Predict", "cry", "TF1"): 1,
        ("Classify", "cry", "TF1"): 2,
        ("Regress", "cry", "TF1"): 1,
    }


def test_a_version_loaded_beside_another_is_a_swap() -> None:
    metrics = ServerMetrics()
    load = CountedLoader("cry", FakeLoader(), metrics)
    first = load(Path("1"))
    assert counted(metrics, "tears_model_server_swaps_total") == {}
    second = load(Path("2"))
    assert counted(metrics, "tears_model_server_swaps_total") == {("cry",): 1}
    first.close()
    second.close()
    load(Path("3"))
    assert counted(metrics, "tears_model_server_swaps_total") == {("cry",): 1}
    assert counted(metrics, "tears_model_server_loads_total") == {("cry", "OK"): 3}
    assert counted(metrics, "tears_model_server_unloads_total") == {("cry",): 2}


def test_a_version_that_fails_to_load_is_counted_by_its_code() -> None:
    metrics, loader = ServerMetrics(), FakeLoader()
    load = CountedLoader("cry", loader, metrics)
    loader.breaks("2")
    loader.broken["3"] = KeyError("a defect")
    load(Path("1"))
    with pytest.raises(LoadError):
        load(Path("2"))
    with pytest.raises(KeyError):
        load(Path("3"))
    assert counted(metrics, "tears_model_server_loads_total") == {
        ("cry", "OK"): 1,
        ("cry", "FAILED_PRECONDITION"): 1,
        ("cry", "INTERNAL"): 1,
    }
    assert counted(metrics, "tears_model_server_swaps_total") == {}


def test_the_runs_of_a_version_are_counted_by_its_number() -> None:
    metrics = ServerMetrics()
    CountedLoader("cry", FakeLoader(), metrics)(Path("0007")).run("serving_default", WAVEFORM, ["noise"])
    assert counted(metrics, "tears_model_server_runtime_seconds_count") == {("cry", "7"): 1}
