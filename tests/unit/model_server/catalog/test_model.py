"""A model loads, serves and unloads its versions."""

import logging
import shutil
from pathlib import Path

import pytest
from unit.model_server.model_fixture import ModelFixture

from tears.model_server.catalog.model import MAX_ENDED_VERSIONS
from tears.model_server.catalog.version_policy import Latest, Specific
from tears.model_server.catalog.version_record import VersionState
from tears.model_server.errors import NotFoundError


def test_only_the_newest_version_is_loaded(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1", "00000003", "2", "draft")
    assert fixture.served() == 3
    assert fixture.loader.tries == ["00000003"]
    assert fixture.states() == {3: VersionState.AVAILABLE}


def test_the_new_version_is_available_before_the_old_one_leaves(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1")
    seen: list[int | None] = []
    load = fixture.loader.__call__

    def load_while_looking(folder: Path) -> object:
        seen.append(fixture.served())
        assert fixture.states() == {2: VersionState.LOADING, 1: VersionState.AVAILABLE}
        return load(folder)

    fixture.model._load = load_while_looking  # type: ignore[assignment]
    fixture.publish_and_poll("2")
    assert seen == [1]
    assert fixture.states() == {2: VersionState.AVAILABLE, 1: VersionState.END}
    assert fixture.loader.loaded[0].is_closed
    assert not fixture.loader.loaded[1].is_closed


def test_of_two_available_versions_the_newest_answers_and_both_can_be_requested(
    fixture: ModelFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixture.model, "_retire", lambda **_: None)  # the moment before the old one leaves
    fixture.publish_and_poll("9")
    fixture.publish_and_poll("10")
    assert fixture.served() == 10
    for number in (9, 10):
        with fixture.model.use(number) as (lent, _):
            assert lent == number


def test_a_version_in_use_stays_in_memory_until_its_last_request_is_answered(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1")
    with fixture.model.use() as (_, first), fixture.model.use(1):
        fixture.publish_and_poll("2")
        assert fixture.states() == {2: VersionState.AVAILABLE, 1: VersionState.UNLOADING}
        assert first is fixture.loader.loaded[0]
        assert not fixture.loader.loaded[0].is_closed
        with pytest.raises(NotFoundError, match=r"^Servable not found for request: Specific\(cry, 1\)$"):
            fixture.model.use(1).__enter__()
    assert fixture.states() == {2: VersionState.AVAILABLE, 1: VersionState.END}
    assert fixture.loader.loaded[0].is_closed


def test_a_version_that_is_wanted_again_does_not_wait_for_its_old_requests(
    fixture: ModelFixture,
) -> None:
    fixture.publish_and_poll("1")
    with fixture.model.use() as (_, first):
        fixture.publish_and_poll("2")
        (fixture.base_path / "2").rmdir()
        fixture.model.poll()
        assert fixture.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}
        with fixture.model.use() as (number, second):
            assert number == 1
            assert second is not first
        assert [servable.is_closed for servable in fixture.loader.loaded] == [False, True, False]
    assert [servable.is_closed for servable in fixture.loader.loaded] == [True, True, False]
    assert fixture.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}


def test_a_request_that_fails_gives_its_version_back(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1")
    with pytest.raises(ZeroDivisionError), fixture.model.use():
        raise ZeroDivisionError
    fixture.publish_and_poll("2")
    assert fixture.loader.loaded[0].is_closed


def test_removing_the_newest_folder_rolls_back(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1", "2")
    (fixture.base_path / "2").rmdir()
    fixture.model.poll()
    assert fixture.served() == 1
    assert fixture.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}
    fixture.publish_and_poll("2")
    assert fixture.served() == 2


def test_a_base_path_that_vanishes_unloads_nothing(fixture: ModelFixture, caplog: pytest.LogCaptureFixture) -> None:
    fixture.publish_and_poll("1")
    shutil.rmtree(fixture.base_path)
    fixture.model.poll()
    fixture.model.poll()
    assert fixture.served() == 1
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        f"model cry: {fixture.base_path} cannot be read (No such file or directory); what is loaded stays"
    ]


def test_a_base_path_without_any_version_unloads_the_model(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1")
    (fixture.base_path / "1").rmdir()
    fixture.model.poll()
    assert fixture.served() is None
    assert not fixture.model.is_available
    assert fixture.states() == {1: VersionState.END}


def test_a_missing_model_is_named_in_the_log_once_and_picked_up_when_it_comes(
    fixture: ModelFixture, caplog: pytest.LogCaptureFixture
) -> None:
    fixture.model.poll()
    fixture.model.poll()
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Latest\(cry\)$"):
        fixture.model.use().__enter__()
    assert caplog.messages == [f"model cry: {fixture.base_path} has no version folder: a folder whose name is a number"]
    fixture.publish_and_poll("1")
    assert fixture.model.is_available


def test_closing_ends_every_version(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1")
    fixture.model.close()
    assert fixture.states() == {1: VersionState.END}
    assert fixture.loader.loaded[0].is_closed


def test_the_status_forgets_versions_that_are_long_gone(fixture: ModelFixture) -> None:
    for number in range(1, 3 * MAX_ENDED_VERSIONS):
        fixture.publish_and_poll(str(number))
        (fixture.base_path / str(number)).rename(fixture.base_path / f"old-{number}")
    assert len(fixture.states()) <= MAX_ENDED_VERSIONS + 1
    assert all(servable.is_closed for servable in fixture.loader.loaded[:-1])


def test_versions_that_wait_to_be_loaded_are_in_state_start(tmp_path: Path) -> None:
    fixture = ModelFixture(tmp_path, Latest(None))
    seen: list[dict[int, VersionState]] = []
    load = fixture.loader.__call__

    def load_while_looking(folder: Path) -> object:
        seen.append(fixture.states())
        return load(folder)

    fixture.model._load = load_while_looking  # type: ignore[assignment]
    fixture.publish_and_poll("1", "2", "3")
    assert seen == [
        {3: VersionState.LOADING, 2: VersionState.START, 1: VersionState.START},
        {3: VersionState.AVAILABLE, 2: VersionState.LOADING, 1: VersionState.START},
        {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.LOADING},
    ]
    assert fixture.states() == dict.fromkeys((3, 2, 1), VersionState.AVAILABLE)


def test_of_several_versions_the_oldest_leaves_before_another_is_loaded(tmp_path: Path) -> None:
    fixture = ModelFixture(tmp_path, Latest(2))
    fixture.publish_and_poll("1", "2")
    states_at_load: list[dict[int, VersionState]] = []
    load = fixture.loader.__call__

    def load_while_looking(folder: Path) -> object:
        states_at_load.append(fixture.states())
        return load(folder)

    fixture.model._load = load_while_looking  # type: ignore[assignment]
    fixture.publish_and_poll("3")
    assert states_at_load == [{3: VersionState.LOADING, 2: VersionState.AVAILABLE, 1: VersionState.END}]
    assert fixture.states() == {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.END}


def test_missing_versions_that_a_policy_names_are_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fixture = ModelFixture(tmp_path, Specific(frozenset({1, 4, 5})))
    fixture.publish_and_poll("1", "2")
    fixture.model.poll()
    assert fixture.states() == {1: VersionState.AVAILABLE}
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"model cry: {tmp_path} has no version 4, 5, which the policy names"]
