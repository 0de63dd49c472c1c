"""Models that are added and removed while others are served."""

from __future__ import annotations

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


def test_every_model_of_a_configuration_is_served_once_it_is_in_effect(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1", "2")
    house.reload(cry="", bark="")
    assert (house.ask("cry"), house.ask("bark")) == (1, 2)
    assert [model.name for model in house.catalog.models] == ["cry", "bark"]
    assert house.changes == 1


def test_the_same_configuration_again_changes_nothing(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload(cry="")
    assert house.loader.tries == ["1"]
    assert house.changes == 1


def test_an_added_model_leaves_the_others_as_they_are(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("bark", "5")
    house.reload(cry="")
    kept = house.loader.loaded[0]
    house.reload(cry="", bark="")
    assert house.ask("bark") == 5
    assert house.ask("cry") == 1
    assert not kept.is_closed


def test_a_removed_model_is_unknown_to_requests_and_ended_in_the_status(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1")
    house.reload(cry="", bark="")
    house.reload(cry="")
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Latest\(bark\)$"):
        house.ask("bark")
    assert house.states("bark") == {1: VersionState.END}
    assert house.loader.loaded[1].is_closed
    house.catalog.poll()
    assert house.states("bark") == {1: VersionState.END}


def test_a_removed_model_still_answers_the_requests_in_flight(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    with house.catalog.use(ModelSpec(name="cry")):
        house.reload()
        assert house.states("cry") == {1: VersionState.UNLOADING}
        assert house.closed() == [False]
    assert house.states("cry") == {1: VersionState.END}
    assert house.closed() == [True]


def test_a_model_that_comes_back_is_served_again(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload()
    house.reload(cry="")
    assert house.ask("cry") == 1
    assert house.states("cry") == {1: VersionState.AVAILABLE}


def test_the_status_forgets_models_that_are_long_gone(house: CatalogFixture) -> None:
    for number in range(MAX_REMOVED_MODELS + 2):
        house.publish(f"m{number}", "1")
        house.reload(**{f"m{number}": ""})
    house.reload()
    with pytest.raises(NotFoundError, match=r"^Could not find any versions of model m0$"):
        house.states("m0")
    assert house.states(f"m{MAX_REMOVED_MODELS + 1}") == {1: VersionState.END}


def test_an_invalid_configuration_changes_nothing(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    refused(InvalidArgumentError, house, bark='base_path: "bark"')
    with pytest.raises(InvalidArgumentError, match="Only ModelConfigList is currently supported"):
        house.catalog.reload(ModelServerConfig())
    assert house.ask("cry") == 1
    assert [model.name for model in house.catalog.models] == ["cry"]


def test_a_new_model_that_cannot_be_loaded_is_an_error_with_its_cause_and_is_served_once_it_can(
    house: CatalogFixture,
) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1")
    house.loader.breaks("1")
    expected = refused(UnavailableModelsError, house, cry="", door="")
    assert expected == (
        "2 model(s) did not become available: {{name: cry version: 1 due to error: 1 has no model.tflite}, "
        f"{{name: door due to error: {house.root}/door cannot be read (No such file or directory); "
        "what is loaded stays}, }"
    )
    house.publish("door", "2")
    house.catalog.poll()
    assert house.ask("door") == 2


def test_a_reload_waits_for_an_earlier_one_only_until_its_deadline(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    with house.catalog._reloading, pytest.raises(DeadlineError, match="another reload"):
        house.catalog.reload(house.config(cry=""), 0.0)
    house.reload(cry="")
    assert house.ask("cry") == 1


def test_models_load_at_the_same_time_if_there_are_enough_threads(tmp_path: Path) -> None:
    house = CatalogFixture(tmp_path, num_load_threads=2)
    house.publish("cry", "1")
    house.publish("bark", "1")
    together = threading.Barrier(2, timeout=10)
    load = house.loader.__call__

    class Meeting(FakeLoader):
        def __call__(self, folder: Path) -> FakeServable:
            together.wait()
            return load(folder)

    house.loader = Meeting()
    house.reload(cry="", bark="")
    assert (house.ask("cry"), house.ask("bark")) == (1, 1)
    house.catalog.close()


def test_a_version_that_is_removed_while_it_loads_is_never_served(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    began, go = threading.Event(), threading.Event()
    load = house.loader.__call__

    class Slow(FakeLoader):
        def __call__(self, folder: Path) -> FakeServable:
            began.set()
            assert go.wait(10)
            return load(folder)

    fast, house.loader = house.loader, Slow()
    loading = threading.Thread(target=lambda: house.catalog._for_each([model], Model.poll))
    model = Model("cry", house.root / "cry", house.loader)
    loading.start()
    assert began.wait(10)
    assert [status.state for status in model.statuses()] == [VersionState.LOADING]
    model.close()
    go.set()
    loading.join(10)
    wait_until(lambda: fast.loaded[0].is_closed)
    assert [status.state for status in model.statuses()] == [VersionState.END]


def test_closing_the_catalog_unloads_every_model(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1")
    house.reload(cry="", bark="")
    house.catalog.close()
    assert house.closed() == [True, True]
