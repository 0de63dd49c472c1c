"""Versions that cannot be loaded."""

from pathlib import Path

import pytest
from unit.model_server.model_fixture import ModelFixture

from tears.model_server.catalog.model import MAX_FALLBACK_VERSIONS
from tears.model_server.catalog.version_folders import MAX_FOLDERS
from tears.model_server.catalog.version_policy import Latest, Specific
from tears.model_server.catalog.version_record import VersionState
from tears.tfserving.v1.status_pb2 import StatusProto


def test_a_broken_version_leaves_the_good_one_in_service_and_reports_why(fixture: ModelFixture) -> None:
    fixture.publish_and_poll("1")
    fixture.loader.breaks("2")
    fixture.publish_and_poll("2")
    assert fixture.served() == 1
    newest = fixture.model.statuses()[0]
    assert (newest.number, newest.state, newest.code) == (2, VersionState.END, StatusProto.FAILED_PRECONDITION)
    assert newest.message == "2 has no model.tflite"


@pytest.mark.parametrize("error", [ValueError("an engine's own"), MemoryError(), OSError("disk")])
def test_the_good_version_stays_in_service_whatever_the_engine_raises(fixture: ModelFixture, error: Exception) -> None:
    fixture.publish_and_poll("1")
    fixture.loader.broken["2"] = error
    fixture.publish_and_poll("2")
    assert fixture.served() == 1
    assert fixture.model.statuses()[0].code == StatusProto.INTERNAL
    assert fixture.model.statuses()[0].message


def test_a_server_that_starts_over_a_broken_newest_version_serves_the_next_older_one(fixture: ModelFixture) -> None:
    fixture.loader.breaks("3")
    fixture.publish_and_poll("1", "2", "3")
    assert fixture.served() == 2
    assert fixture.loader.tries == ["3", "2"]


def test_a_broken_version_is_tried_again_after_the_interval_as_often_as_allowed(fixture: ModelFixture) -> None:
    fixture.loader.breaks("1")
    fixture.publish_and_poll("1")
    tries = []
    for _ in range(5):
        fixture.clock.seconds += 59.0
        fixture.model.poll()
        tries.append(len(fixture.loader.tries))
        fixture.clock.seconds += 1.0
        fixture.model.poll()
        tries.append(len(fixture.loader.tries))
    assert tries == [1, 2, 2, 3, 3, 3, 3, 3, 3, 3]


def test_a_broken_version_is_tried_again_at_once_when_its_files_change(fixture: ModelFixture) -> None:
    fixture.loader.breaks("1")
    fixture.publish_and_poll("1")
    fixture.model.poll()
    assert fixture.loader.tries == ["1"]
    fixture.loader.broken.clear()
    (fixture.base_path / "1" / "model.tflite").write_bytes(b"there now")
    fixture.model.poll()
    assert fixture.served() == 1
    assert fixture.model.statuses()[0].message == ""


def test_a_rollback_to_a_broken_version_keeps_what_is_loaded(fixture: ModelFixture) -> None:
    fixture.loader.breaks("1")
    fixture.publish_and_poll("1", "2")
    (fixture.base_path / "2").rmdir()
    fixture.model.poll()
    assert fixture.served() == 2


def test_one_broken_version_of_several_leaves_the_others(tmp_path: Path) -> None:
    fixture = ModelFixture(tmp_path, Latest(None))
    fixture.loader.breaks("2")
    fixture.publish_and_poll("1", "2", "3")
    assert fixture.states() == {3: VersionState.AVAILABLE, 2: VersionState.END, 1: VersionState.AVAILABLE}
    (fixture.base_path / "3").rmdir()
    fixture.model.poll()
    assert fixture.served() == 1


def test_a_specific_version_that_is_broken_is_not_replaced_by_another(tmp_path: Path) -> None:
    fixture = ModelFixture(tmp_path, Specific(frozenset({2})))
    fixture.loader.breaks("2")
    fixture.publish_and_poll("1", "2")
    assert fixture.served() is None
    assert fixture.loader.tries == ["2"]


def test_a_retry_loads_failed_versions_and_does_not_look_for_new_ones(fixture: ModelFixture) -> None:
    fixture.loader.breaks("1")
    fixture.publish_and_poll("1")
    fixture.publish("2")
    fixture.loader.broken.clear()
    fixture.clock.seconds += 60.0
    fixture.model.retry()
    assert fixture.served() == 1
    assert fixture.states() == {1: VersionState.AVAILABLE}


def test_the_status_shows_a_failed_version_with_its_error_until_the_next_attempt(fixture: ModelFixture) -> None:
    fixture.loader.breaks("1")
    fixture.publish_and_poll("1")
    fixture.model.poll()
    assert [(status.state, status.message) for status in fixture.model.statuses()] == [
        (VersionState.END, "1 has no model.tflite")
    ]


def test_a_version_that_a_typing_slip_keeps_out_is_reported_once(
    fixture: ModelFixture, caplog: pytest.LogCaptureFixture
) -> None:
    slip = str(10**18)
    fixture.publish_and_poll("1", slip)
    said = f"version 1 is not served, because version {slip} is larger; if that number is a mistake, rename or remove"
    assert caplog.text.count(said) == 1
    fixture.publish_and_poll("2")
    fixture.model.poll()
    assert caplog.text.count(said.replace("version 1 is", "version 2 is")) == 1
    assert fixture.served() == 10**18
    (fixture.base_path / slip).rmdir()
    fixture.model.poll()
    assert fixture.served() == 2


def test_very_many_versions_are_reported_and_only_the_newest_are_tried(
    fixture: ModelFixture, caplog: pytest.LogCaptureFixture
) -> None:
    fixture.publish(*map(str, range(MAX_FOLDERS + 1)))
    for number in range(MAX_FOLDERS + 1):
        fixture.loader.breaks(str(number))
    fixture.model.poll()
    assert f"has {MAX_FOLDERS} version folders or more; older ones are ignored" in caplog.text
    assert len(fixture.loader.tries) == 1 + MAX_FALLBACK_VERSIONS
