"""When a model loads, serves and unloads its versions."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest
from unit.model_server.model_fixture import ModelFixture

from tears.model_server.catalog.model import MAX_ENDED_VERSIONS
from tears.model_server.catalog.version_policy import Latest, Specific
from tears.model_server.catalog.version_record import VersionState
from tears.model_server.errors import NotFoundError


def test_only_the_newest_version_is_loaded(bench: ModelFixture) -> None:
    bench.publish_and_poll("1", "00000003", "2", "draft")
    assert bench.served() == 3
    assert bench.loader.tries == ["00000003"]
    assert bench.states() == {3: VersionState.AVAILABLE}


def test_the_new_version_is_available_before_the_old_one_leaves(bench: ModelFixture) -> None:
    bench.publish_and_poll("1")
    seen: list[int | None] = []
    load = bench.loader.__call__

    def load_while_looking(folder: Path) -> object:
        seen.append(bench.served())
        assert bench.states() == {2: VersionState.LOADING, 1: VersionState.AVAILABLE}
        return load(folder)

    bench.model._load = load_while_looking  # type: ignore[assignment]
    bench.publish_and_poll("2")
    assert seen == [1]
    assert bench.states() == {2: VersionState.AVAILABLE, 1: VersionState.END}
    assert bench.loader.loaded[0].is_closed
    assert not bench.loader.loaded[1].is_closed


def test_of_two_available_versions_the_newest_answers_and_both_can_be_requested(
    bench: ModelFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.model, "_retire", lambda **_: None)  # the moment before the old one leaves
    bench.publish_and_poll("9")
    bench.publish_and_poll("10")
    assert bench.served() == 10
    for number in (9, 10):
        with bench.model.use(number) as (lent, _):
            assert lent == number


def test_a_version_in_use_stays_in_memory_until_its_last_request_is_answered(bench: ModelFixture) -> None:
    bench.publish_and_poll("1")
    with bench.model.use() as (_, first), bench.model.use(1):
        bench.publish_and_poll("2")
        assert bench.states() == {2: VersionState.AVAILABLE, 1: VersionState.UNLOADING}
        assert first is bench.loader.loaded[0]
        assert not bench.loader.loaded[0].is_closed
        with pytest.raises(NotFoundError, match=r"^Servable not found for request: Specific\(cry, 1\)$"):
            bench.model.use(1).__enter__()
    assert bench.states() == {2: VersionState.AVAILABLE, 1: VersionState.END}
    assert bench.loader.loaded[0].is_closed


def test_a_version_that_is_wanted_again_does_not_wait_for_its_old_requests(
    bench: ModelFixture,
) -> None:
    bench.publish_and_poll("1")
    with bench.model.use() as (_, first):
        bench.publish_and_poll("2")
        (bench.base_path / "2").rmdir()
        bench.model.poll()
        assert bench.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}
        with bench.model.use() as (number, second):
            assert number == 1
            assert second is not first
        assert [servable.is_closed for servable in bench.loader.loaded] == [False, True, False]
    assert [servable.is_closed for servable in bench.loader.loaded] == [True, True, False]
    assert bench.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}


def test_a_request_that_fails_gives_its_version_back(bench: ModelFixture) -> None:
    bench.publish_and_poll("1")
    with pytest.raises(ZeroDivisionError), bench.model.use():
        raise ZeroDivisionError
    bench.publish_and_poll("2")
    assert bench.loader.loaded[0].is_closed


def test_removing_the_newest_folder_rolls_back(bench: ModelFixture) -> None:
    bench.publish_and_poll("1", "2")
    (bench.base_path / "2").rmdir()
    bench.model.poll()
    assert bench.served() == 1
    assert bench.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}
    bench.publish_and_poll("2")
    assert bench.served() == 2


def test_a_base_path_that_vanishes_unloads_nothing(bench: ModelFixture, caplog: pytest.LogCaptureFixture) -> None:
    bench.publish_and_poll("1")
    shutil.rmtree(bench.base_path)
    bench.model.poll()
    bench.model.poll()
    assert bench.served() == 1
    assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
        f"model cry: {bench.base_path} cannot be read (No such file or directory); what is loaded stays"
    ]


def test_a_base_path_without_any_version_unloads_the_model(bench: ModelFixture) -> None:
    bench.publish_and_poll("1")
    (bench.base_path / "1").rmdir()
    bench.model.poll()
    assert bench.served() is None
    assert not bench.model.is_available
    assert bench.states() == {1: VersionState.END}


def test_a_missing_model_is_named_in_the_log_once_and_picked_up_when_it_comes(
    bench: ModelFixture, caplog: pytest.LogCaptureFixture
) -> None:
    bench.model.poll()
    bench.model.poll()
    with pytest.raises(NotFoundError, match=r"^Servable not found for request: Latest\(cry\)$"):
        bench.model.use().__enter__()
    assert caplog.messages == [f"model cry: {bench.base_path} has no version folder: a folder whose name is a number"]
    bench.publish_and_poll("1")
    assert bench.model.is_available


def test_closing_ends_every_version(bench: ModelFixture) -> None:
    bench.publish_and_poll("1")
    bench.model.close()
    assert bench.states() == {1: VersionState.END}
    assert bench.loader.loaded[0].is_closed


def test_the_status_forgets_versions_that_are_long_gone(bench: ModelFixture) -> None:
    for number in range(1, 3 * MAX_ENDED_VERSIONS):
        bench.publish_and_poll(str(number))
        (bench.base_path / str(number)).rename(bench.base_path / f"old-{number}")
    assert len(bench.states()) <= MAX_ENDED_VERSIONS + 1
    assert all(servable.is_closed for servable in bench.loader.loaded[:-1])


def test_versions_that_wait_to_be_loaded_are_in_state_start(tmp_path: Path) -> None:
    bench = ModelFixture(tmp_path, Latest(None))
    seen: list[dict[int, VersionState]] = []
    load = bench.loader.__call__

    def load_while_looking(folder: Path) -> object:
        seen.append(bench.states())
        return load(folder)

    bench.model._load = load_while_looking  # type: ignore[assignment]
    bench.publish_and_poll("1", "2", "3")
    assert seen == [
        {3: VersionState.LOADING, 2: VersionState.START, 1: VersionState.START},
        {3: VersionState.AVAILABLE, 2: VersionState.LOADING, 1: VersionState.START},
        {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.LOADING},
    ]
    assert bench.states() == dict.fromkeys((3, 2, 1), VersionState.AVAILABLE)


def test_of_several_versions_the_oldest_leaves_before_another_is_loaded(tmp_path: Path) -> None:
    bench = ModelFixture(tmp_path, Latest(2))
    bench.publish_and_poll("1", "2")
    states_at_load: list[dict[int, VersionState]] = []
    load = bench.loader.__call__

    def load_while_looking(folder: Path) -> object:
        states_at_load.append(bench.states())
        return load(folder)

    bench.model._load = load_while_looking  # type: ignore[assignment]
    bench.publish_and_poll("3")
    assert states_at_load == [{3: VersionState.LOADING, 2: VersionState.AVAILABLE, 1: VersionState.END}]
    assert bench.states() == {3: VersionState.AVAILABLE, 2: VersionState.AVAILABLE, 1: VersionState.END}


def test_missing_versions_that_a_policy_names_are_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = ModelFixture(tmp_path, Specific(frozenset({1, 4, 5})))
    bench.publish_and_poll("1", "2")
    bench.model.poll()
    assert bench.states() == {1: VersionState.AVAILABLE}
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"model cry: {tmp_path} has no version 4, 5, which the policy names"]
