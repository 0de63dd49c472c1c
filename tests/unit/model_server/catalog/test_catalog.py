"""Models that are added and removed while others are served."""

import threading
from pathlib import Path

import pytest
from support.waiting import wait_until
from unit.model_server.catalog_fixture import CatalogFixture, refused
from unit.model_server.fakes import FakeLoader, FakeServable

from tears.model_server.catalog.catalog import MAX_REMOVED_MODELS
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.version_record import VersionState
from tears.model_server.errors import (
    DeadlineError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableModelsError,
)
from tears.tfserving.v1.config_pb2 import ModelServerConfig
from tears.tfserving.v1.model_pb2 import ModelSpec


def test_every_model_of_a_configuration_is_served_once_it_is_in_effect(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("bark", "1", "2")
    models.reload(cry="", bark="")
    assert (models.ask("cry"), models.ask("bark")) == (1, 2)
    assert [model.name for model in models.catalog.models] == ["cry", "bark"]
    assert models.changes == 1


def test_the_same_configuration_again_changes_nothing(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.reload(cry="")
    models.reload(cry="")
    assert models.loader.tries == ["1"]
    assert models.changes == 1


def test_an_added_model_leaves_the_others_as_they_are(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("bark", "5")
    models.reload(cry="")
    kept = models.loader.loaded[0]
    models.reload(cry="", bark="")
    assert models.ask("bark") == 5
    assert models.ask("cry") == 1
    assert not kept.is_closed


def test_a_removed_model_is_unknown_to_requests_and_ended_in_the_status(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("bark", "1")
    models.reload(cry="", bark="")
    models.reload(cry="")
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Latest\(bark\)$"):
        models.ask("bark")
    assert models.states("bark") == {1: VersionState.END}
    assert models.loader.loaded[1].is_closed
    models.catalog.poll()
    assert models.states("bark") == {1: VersionState.END}


def test_a_removed_model_still_answers_the_requests_in_flight(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.reload(cry="")
    with models.catalog.use(ModelSpec(name="cry")):
        models.reload()
        assert models.states("cry") == {1: VersionState.UNLOADING}
        assert models.closed() == [False]
    assert models.states("cry") == {1: VersionState.END}
    assert models.closed() == [True]


def test_a_model_that_comes_back_is_served_again(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.reload(cry="")
    models.reload()
    models.reload(cry="")
    assert models.ask("cry") == 1
    assert models.states("cry") == {1: VersionState.AVAILABLE}


def test_the_status_forgets_models_that_are_long_gone(models: CatalogFixture) -> None:
    for number in range(MAX_REMOVED_MODELS + 2):
        models.publish(f"m{number}", "1")
        models.reload(**{f"m{number}": ""})
    models.reload()
    with pytest.raises(NotFoundError, match=r"^Could not find any versions of model m0$"):
        models.states("m0")
    assert models.states(f"m{MAX_REMOVED_MODELS + 1}") == {1: VersionState.END}


def test_an_invalid_configuration_changes_nothing(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.reload(cry="")
    refused(InvalidArgumentError, models, bark='base_path: "bark"')
    with pytest.raises(InvalidArgumentError, match="Only ModelConfigList is currently supported"):
        models.catalog.reload(ModelServerConfig())
    assert models.ask("cry") == 1
    assert [model.name for model in models.catalog.models] == ["cry"]


def test_a_new_model_that_cannot_be_loaded_is_an_error_with_its_cause_and_is_served_once_it_can(
    models: CatalogFixture,
) -> None:
    models.publish("cry", "1")
    models.publish("bark", "1")
    models.loader.breaks("1")
    expected = refused(UnavailableModelsError, models, cry="", door="")
    assert expected == (
        "2 model(s) did not become available: {{name: cry version: 1 due to error: 1 has no model.tflite}, "
        f"{{name: door due to error: {models.root}/door cannot be read (No such file or directory); "
        "what is loaded stays}, }"
    )
    models.publish("door", "2")
    models.catalog.poll()
    assert models.ask("door") == 2


def test_a_reload_waits_for_an_earlier_one_only_until_its_deadline(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    with models.catalog._reloading, pytest.raises(DeadlineError, match="another reload"):
        models.catalog.reload(models.config(cry=""), 0.0)
    models.reload(cry="")
    assert models.ask("cry") == 1


def test_models_load_at_the_same_time_if_there_are_enough_threads(tmp_path: Path) -> None:
    models = CatalogFixture(tmp_path, num_load_threads=2)
    models.publish("cry", "1")
    models.publish("bark", "1")
    together = threading.Barrier(2, timeout=10)
    load = models.loader.__call__

    class Meeting(FakeLoader):
        def __call__(self, folder: Path) -> FakeServable:
            together.wait()
            return load(folder)

    models.loader = Meeting()
    models.reload(cry="", bark="")
    assert (models.ask("cry"), models.ask("bark")) == (1, 1)
    models.catalog.close()


def test_a_version_that_is_removed_while_it_loads_is_never_served(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    began, go = threading.Event(), threading.Event()
    load = models.loader.__call__

    class Slow(FakeLoader):
        def __call__(self, folder: Path) -> FakeServable:
            began.set()
            assert go.wait(10)
            return load(folder)

    fast, models.loader = models.loader, Slow()
    loading = threading.Thread(target=lambda: models.catalog._for_each([model], Model.poll))
    model = Model("cry", models.root / "cry", models.loader)
    loading.start()
    assert began.wait(10)
    assert [status.state for status in model.statuses()] == [VersionState.LOADING]
    model.close()
    go.set()
    loading.join(10)
    wait_until(lambda: fast.loaded[0].is_closed)
    assert [status.state for status in model.statuses()] == [VersionState.END]


def test_closing_the_catalog_unloads_every_model(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("bark", "1")
    models.reload(cry="", bark="")
    models.catalog.close()
    assert models.closed() == [True, True]
