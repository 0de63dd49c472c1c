"""Models that move to another folder or get another policy while they are served."""

from pathlib import Path

from unit.model_server.catalog_fixture import CatalogFixture
from unit.model_server.fakes import FakeServable

from tears.model_server.catalog.version_record import VersionState
from tears.tfserving.v1.model_pb2 import ModelSpec


def test_a_model_that_moves_answers_from_the_old_folder_until_the_new_one_is_loaded(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("better", "1")
    models.reload(cry="")
    old = models.loader.loaded[0]
    seen: list[tuple[int, VersionState]] = []

    def load(folder: Path) -> FakeServable:
        seen.append((models.ask("cry"), models.states("cry")[1]))
        return FakeServable(folder)

    models.catalog.models[0]._load = load
    models.reload(cry=f'base_path: "{models.root}/better"')
    assert seen == [(1, VersionState.AVAILABLE)]
    assert old.is_closed
    with models.catalog.use(ModelSpec(name="cry")) as (_, servable):
        assert isinstance(servable, FakeServable)
        assert servable.folder == models.root / "better" / "1"
    assert models.states("cry") == {1: VersionState.AVAILABLE}


def test_a_request_keeps_its_folder_while_the_model_moves(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("better", "1")
    models.reload(cry="")
    with models.catalog.use(ModelSpec(name="cry")) as (_, servable):
        models.reload(cry=f'base_path: "{models.root}/better"')
        assert servable is models.loader.loaded[0]
        assert models.closed() == [False, False]
    assert models.closed() == [True, False]


def test_a_model_that_moves_to_a_broken_folder_is_served_from_the_old_one(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.publish("broken", "1", "2")
    models.reload(cry="")
    models.loader.breaks("1")
    models.loader.breaks("2")
    models.reload(cry=f'base_path: "{models.root}/broken"')
    assert models.ask("cry") == 1
    assert models.states("cry") == {2: VersionState.END, 1: VersionState.AVAILABLE}


def test_a_model_that_moves_to_a_missing_folder_is_served_from_the_old_one(models: CatalogFixture) -> None:
    models.publish("cry", "1")
    models.reload(cry="")
    models.reload(cry=f'base_path: "{models.root}/nowhere"')
    assert models.ask("cry") == 1


def test_a_changed_policy_loads_and_unloads_versions(models: CatalogFixture) -> None:
    models.publish("cry", "1", "2", "3")
    models.reload(cry="")
    assert models.states("cry") == {3: VersionState.AVAILABLE}
    models.reload(cry="model_version_policy { specific { versions: 1 versions: 3 } }")
    assert models.states("cry") == {3: VersionState.AVAILABLE, 1: VersionState.AVAILABLE}
    assert (models.ask("cry"), models.ask("cry", version={"value": 1})) == (3, 1)
    models.reload(cry="model_version_policy { all {} }")
    assert models.states("cry") == {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.AVAILABLE}
    models.reload(cry="model_version_policy { latest { num_versions: 2 } }")
    assert models.states("cry") == {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.END}
    assert models.loader.tries == ["3", "1", "2"]
