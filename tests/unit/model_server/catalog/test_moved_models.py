"""Models that move to another folder or get another policy while they are served."""

from __future__ import annotations

from pathlib import Path

from unit.model_server.catalog_fixture import CatalogFixture
from unit.model_server.fakes import FakeServable

from tears.model_server.catalog.version_record import VersionState
from tears.tfserving.v1.model_pb2 import ModelSpec


def test_a_model_that_moves_answers_from_the_old_folder_until_the_new_one_is_loaded(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("better", "1")
    house.reload(cry="")
    old = house.loader.loaded[0]
    seen: list[tuple[int, VersionState]] = []

    def load(folder: Path) -> FakeServable:
        seen.append((house.ask("cry"), house.states("cry")[1]))
        return FakeServable(folder)

    house.catalog.models[0]._load = load
    house.reload(cry=f'base_path: "{house.root}/better"')
    assert seen == [(1, VersionState.AVAILABLE)]
    assert old.is_closed
    with house.catalog.use(ModelSpec(name="cry")) as (_, servable):
        assert isinstance(servable, FakeServable)
        assert servable.folder == house.root / "better" / "1"
    assert house.states("cry") == {1: VersionState.AVAILABLE}


def test_a_request_keeps_its_folder_while_the_model_moves(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("better", "1")
    house.reload(cry="")
    with house.catalog.use(ModelSpec(name="cry")) as (_, servable):
        house.reload(cry=f'base_path: "{house.root}/better"')
        assert servable is house.loader.loaded[0]
        assert house.closed() == [False, False]
    assert house.closed() == [True, False]


def test_a_model_that_moves_to_a_broken_folder_is_served_from_the_old_one(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.publish("broken", "1", "2")
    house.reload(cry="")
    house.loader.breaks("1")
    house.loader.breaks("2")
    house.reload(cry=f'base_path: "{house.root}/broken"')
    assert house.ask("cry") == 1
    assert house.states("cry") == {2: VersionState.END, 1: VersionState.AVAILABLE}


def test_a_model_that_moves_to_a_missing_folder_is_served_from_the_old_one(house: CatalogFixture) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload(cry=f'base_path: "{house.root}/nowhere"')
    assert house.ask("cry") == 1


def test_a_changed_policy_loads_and_unloads_versions(house: CatalogFixture) -> None:
    house.publish("cry", "1", "2", "3")
    house.reload(cry="")
    assert house.states("cry") == {3: VersionState.AVAILABLE}
    house.reload(cry="model_version_policy { specific { versions: 1 versions: 3 } }")
    assert house.states("cry") == {3: VersionState.AVAILABLE, 1: VersionState.AVAILABLE}
    assert (house.ask("cry"), house.ask("cry", version={"value": 1})) == (3, 1)
    house.reload(cry="model_version_policy { all {} }")
    assert house.states("cry") == {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.AVAILABLE}
    house.reload(cry="model_version_policy { latest { num_versions: 2 } }")
    assert house.states("cry") == {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.END}
    assert house.loader.tries == ["3", "1", "2"]
