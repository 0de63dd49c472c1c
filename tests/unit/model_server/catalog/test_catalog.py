"""Models that come, go, move and get labels while others are served."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from google.protobuf import text_format
from support.waiting import wait_until
from unit.model_server.fakes import FakeLoader, FakeServable

from tears.model_server.catalog.catalog import MAX_REMOVED_MODELS, Catalog
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.model_config import ServedModelSettings
from tears.model_server.catalog.version_status import VersionState
from tears.model_server.engines.servable import Servable
from tears.model_server.errors import (
    DeadlineError,
    FailedPreconditionError,
    InvalidArgumentError,
    ModelServerError,
    NotFoundError,
    UnavailableModelsError,
)
from tears.tfserving.v1.config_pb2 import ModelServerConfig
from tears.tfserving.v1.model_pb2 import ModelSpec


class House:
    """A catalog over folders of its own, with a loader that loads nothing."""

    def __init__(self, root: Path, *, allow_labels: bool = False, num_load_threads: int = 1) -> None:
        self.root = root
        self.loader = FakeLoader()
        self.changes = 0
        self.catalog = Catalog(
            make_model=self._make, allow_labels_for_unavailable=allow_labels, num_load_threads=num_load_threads
        )
        self.catalog.subscribe(self._count)

    def _make(self, settings: ServedModelSettings) -> Model:
        return Model(settings.name, settings.base_path, self.loader, policy=settings.policy)

    def _count(self) -> None:
        self.changes += 1

    def publish(self, model: str, *versions: str) -> None:
        for version in versions:
            (self.root / model / version).mkdir(parents=True)

    def config(self, **models: str) -> ModelServerConfig:
        """Models by name, each with what else its configuration says."""
        config = ModelServerConfig()
        config.model_config_list.SetInParent()
        for name, rest in models.items():
            base_path = "" if "base_path" in rest else f'base_path: "{self.root}/{name}"'
            text_format.Parse(
                f'name: "{name}" {base_path} model_platform: "tensorflow" {rest}', config.model_config_list.config.add()
            )
        return config

    def reload(self, **models: str) -> None:
        self.catalog.reload(self.config(**models))

    def ask(self, name: str, **spec: object) -> int:
        with self.catalog.use(ModelSpec(name=name, **spec)) as (number, _):  # type: ignore[arg-type]
            return number

    def closed(self) -> list[bool]:
        """Whether each servable, in the order they were loaded, has given its memory back."""
        return [servable.is_closed for servable in self.loader.loaded]

    def states(self, name: str) -> dict[int, VersionState]:
        return {status.number: status.state for status in self.catalog.statuses(ModelSpec(name=name))}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def refused(error: type[ModelServerError], house: House, **models: str) -> str:
    with pytest.raises(error) as raised:
        house.reload(**models)
    return str(raised.value)


def test_every_model_of_a_configuration_is_served_once_it_is_in_effect(house: House) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1", "2")
    house.reload(cry="", bark="")
    assert (house.ask("cry"), house.ask("bark")) == (1, 2)
    assert [model.name for model in house.catalog.models] == ["cry", "bark"]
    assert house.changes == 1


def test_the_same_configuration_again_changes_nothing(house: House) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload(cry="")
    assert house.loader.tries == ["1"]
    assert house.changes == 1


def test_a_model_that_is_added_takes_nothing_from_the_others(house: House) -> None:
    house.publish("cry", "1")
    house.publish("bark", "5")
    house.reload(cry="")
    kept = house.loader.loaded[0]
    house.reload(cry="", bark="")
    assert house.ask("bark") == 5
    assert house.ask("cry") == 1
    assert not kept.is_closed


def test_a_model_that_is_removed_is_unknown_to_requests_and_ended_in_the_status(house: House) -> None:
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


def test_a_model_that_is_removed_finishes_what_it_is_asked(house: House) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    with house.catalog.use(ModelSpec(name="cry")):
        house.reload()
        assert house.states("cry") == {1: VersionState.UNLOADING}
        assert house.closed() == [False]
    assert house.states("cry") == {1: VersionState.END}
    assert house.closed() == [True]


def test_a_model_that_comes_back_is_served_again(house: House) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload()
    house.reload(cry="")
    assert house.ask("cry") == 1
    assert house.states("cry") == {1: VersionState.AVAILABLE}


def test_the_status_forgets_models_that_are_long_gone(house: House) -> None:
    for number in range(MAX_REMOVED_MODELS + 2):
        house.publish(f"m{number}", "1")
        house.reload(**{f"m{number}": ""})
    house.reload()
    with pytest.raises(NotFoundError, match=r"^Could not find any versions of model m0$"):
        house.states("m0")
    assert house.states(f"m{MAX_REMOVED_MODELS + 1}") == {1: VersionState.END}


def test_a_model_that_moves_answers_from_the_old_folder_until_the_new_one_is_loaded(house: House) -> None:
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


def test_a_model_that_moves_gives_each_request_one_folder(house: House) -> None:
    house.publish("cry", "1")
    house.publish("better", "1")
    house.reload(cry="")
    with house.catalog.use(ModelSpec(name="cry")) as (_, servable):
        house.reload(cry=f'base_path: "{house.root}/better"')
        assert servable is house.loader.loaded[0]
        assert house.closed() == [False, False]
    assert house.closed() == [True, False]


def test_a_model_that_moves_to_a_broken_folder_goes_on_from_the_old_one(house: House) -> None:
    house.publish("cry", "1")
    house.publish("broken", "1", "2")
    house.reload(cry="")
    house.loader.breaks("1")
    house.loader.breaks("2")
    house.reload(cry=f'base_path: "{house.root}/broken"')
    assert house.ask("cry") == 1
    assert house.states("cry") == {2: VersionState.END, 1: VersionState.AVAILABLE}


def test_a_model_that_moves_to_a_folder_that_is_not_there_goes_on_from_the_old_one(house: House) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload(cry=f'base_path: "{house.root}/nowhere"')
    assert house.ask("cry") == 1


def test_a_policy_that_changes_loads_and_unloads(house: House) -> None:
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


def test_a_configuration_that_cannot_be_changes_nothing(house: House) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    refused(InvalidArgumentError, house, bark='base_path: "bark"')
    with pytest.raises(InvalidArgumentError, match="Only ModelConfigList is currently supported"):
        house.catalog.reload(ModelServerConfig())
    assert house.ask("cry") == 1
    assert [model.name for model in house.catalog.models] == ["cry"]


def test_a_new_model_that_cannot_be_loaded_is_an_error_with_its_cause_and_is_waited_for(house: House) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1")
    house.loader.breaks("1")
    said = refused(UnavailableModelsError, house, cry="", door="")
    assert said == (
        "2 model(s) did not become available: {{name: cry version: 1 due to error: 1 has no model.tflite}, "
        f"{{name: door due to error: {house.root}/door cannot be read (No such file or directory); "
        "what is loaded stays}, }"
    )
    house.publish("door", "2")
    house.catalog.poll()
    assert house.ask("door") == 2


def test_a_label_is_assigned_once_its_version_is_served(house: House) -> None:
    house.publish("cry", "1", "2")
    both = "model_version_policy { all {} }"
    assert "not currently available" in refused(
        FailedPreconditionError, house, cry=f'{both} version_labels {{ key: "canary" value: 2 }}'
    )
    with pytest.raises(NotFoundError):
        house.ask("cry")
    house.reload(cry=both)
    house.reload(cry=f'{both} version_labels {{ key: "canary" value: 2 }} version_labels {{ key: "stable" value: 1 }}')
    assert (house.ask("cry", version_label="canary"), house.ask("cry", version_label="stable")) == (2, 1)
    assert [status.number for status in house.catalog.statuses(ModelSpec(name="cry", version_label="stable"))] == [1]
    with pytest.raises(InvalidArgumentError, match=r"^Unrecognized servable version label: beta$"):
        house.ask("cry", version_label="beta")
    assert house.loader.tries == ["2", "1"]


def test_a_label_that_may_come_early_is_not_found_until_its_version_comes(tmp_path: Path) -> None:
    house = House(tmp_path, allow_labels=True)
    house.publish("cry", "1")
    house.reload(cry='version_labels { key: "canary" value: 2 }')
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Specific\(cry, 2\)$"):
        house.ask("cry", version_label="canary")
    house.publish("cry", "2")
    house.catalog.poll()
    assert house.ask("cry", version_label="canary") == 2


def test_a_label_that_moves_while_it_is_asked_for_leads_to_the_version_that_it_stands_for_now(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.publish("cry", "1", "2")
    both = "model_version_policy { specific { versions: 1 versions: 2 } }"
    house.reload(cry=f"{both}")
    house.reload(cry=f'{both} version_labels {{ key: "stable" value: 1 }}')
    model = house.catalog.models[0]
    use = model.use

    def moved_just_before(number: int | None) -> AbstractContextManager[tuple[int, Servable]]:
        monkeypatch.undo()
        house.reload(cry=f'{both} version_labels {{ key: "stable" value: 2 }}')
        two = "model_version_policy { specific { versions: 2 } }"
        house.reload(cry=f'{two} version_labels {{ key: "stable" value: 2 }}')
        return use(number)

    monkeypatch.setattr(model, "use", moved_just_before)
    assert house.ask("cry", version_label="stable") == 2
    with pytest.raises(NotFoundError, match=r"Specific\(cry, 1\)"):
        house.ask("cry", version={"value": 1})


def test_a_reload_waits_for_the_one_before_no_longer_than_its_caller(house: House) -> None:
    house.publish("cry", "1")
    with house.catalog._reloading, pytest.raises(DeadlineError, match="another reload"):
        house.catalog.reload(house.config(cry=""), 0.0)
    house.reload(cry="")
    assert house.ask("cry") == 1


def test_a_label_of_a_model_that_is_removed_is_unknown(house: House) -> None:
    house.publish("cry", "1")
    house.reload(cry="")
    house.reload(cry='version_labels { key: "stable" value: 1 }')
    assert house.ask("cry", version_label="stable") == 1
    house.reload()
    with pytest.raises(InvalidArgumentError, match=r"^Unrecognized servable version label: stable$"):
        house.ask("cry", version_label="stable")


def test_models_load_side_by_side_where_threads_allow_it(tmp_path: Path) -> None:
    house = House(tmp_path, num_load_threads=2)
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


def test_a_version_that_is_removed_while_it_loads_is_never_served(house: House) -> None:
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


def test_closing_lets_every_model_go(house: House) -> None:
    house.publish("cry", "1")
    house.publish("bark", "1")
    house.reload(cry="", bark="")
    house.catalog.close()
    assert house.closed() == [True, True]
