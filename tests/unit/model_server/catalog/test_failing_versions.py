"""Versions that cannot be loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.model_server.model_fixture import ModelFixture

from tears.model_server.catalog.version_policy import Latest, Specific
from tears.model_server.catalog.version_record import VersionState
from tears.tfserving.v1.status_pb2 import StatusProto


def test_a_broken_version_leaves_the_good_one_in_service_and_reports_why(bench: ModelFixture) -> None:
    bench.publish_and_poll("1")
    bench.loader.breaks("2")
    bench.publish_and_poll("2")
    assert bench.served() == 1
    newest = bench.model.statuses()[0]
    assert (newest.number, newest.state, newest.code) == (2, VersionState.END, StatusProto.FAILED_PRECONDITION)
    assert newest.message == "2 has no model.tflite"


@pytest.mark.parametrize("error", [ValueError("an engine's own"), MemoryError(), OSError("disk")])
def test_the_good_version_stays_in_service_whatever_the_engine_raises(bench: ModelFixture, error: Exception) -> None:
    bench.publish_and_poll("1")
    bench.loader.broken["2"] = error
    bench.publish_and_poll("2")
    assert bench.served() == 1
    assert bench.model.statuses()[0].code == StatusProto.INTERNAL
    assert bench.model.statuses()[0].message


def test_a_server_that_starts_over_a_broken_newest_version_serves_the_next_older_one(bench: ModelFixture) -> None:
    bench.loader.breaks("3")
    bench.publish_and_poll("1", "2", "3")
    assert bench.served() == 2
    assert bench.loader.tries == ["3", "2"]


def test_a_broken_version_is_tried_again_after_the_interval_as_often_as_allowed(bench: ModelFixture) -> None:
    bench.loader.breaks("1")
    bench.publish_and_poll("1")
    tries = []
    for _ in range(5):
        bench.clock.seconds += 59.0
        bench.model.poll()
        tries.append(len(bench.loader.tries))
        bench.clock.seconds += 1.0
        bench.model.poll()
        tries.append(len(bench.loader.tries))
    assert tries == [1, 2, 2, 3, 3, 3, 3, 3, 3, 3]


def test_a_broken_version_is_tried_again_at_once_when_its_files_change(bench: ModelFixture) -> None:
    bench.loader.breaks("1")
    bench.publish_and_poll("1")
    bench.model.poll()
    assert bench.loader.tries == ["1"]
    bench.loader.broken.clear()
    (bench.base_path / "1" / "model.tflite").write_bytes(b"there now")
    bench.model.poll()
    assert bench.served() == 1
    assert bench.model.statuses()[0].message == ""


def test_a_rollback_to_a_broken_version_keeps_what_is_loaded(bench: ModelFixture) -> None:
    bench.loader.breaks("1")
    bench.publish_and_poll("1", "2")
    (bench.base_path / "2").rmdir()
    bench.model.poll()
    assert bench.served() == 2


def test_one_broken_version_of_several_leaves_the_others(tmp_path: Path) -> None:
    bench = ModelFixture(tmp_path, Latest(None))
    bench.loader.breaks("2")
    bench.publish_and_poll("1", "2", "3")
    assert bench.states() == {3: VersionState.AVAILABLE, 2: VersionState.END, 1: VersionState.AVAILABLE}
    (bench.base_path / "3").rmdir()
    bench.model.poll()
    assert bench.served() == 1


def test_a_specific_version_that_is_broken_is_not_replaced_by_another(tmp_path: Path) -> None:
    bench = ModelFixture(tmp_path, Specific(frozenset({2})))
    bench.loader.breaks("2")
    bench.publish_and_poll("1", "2")
    assert bench.served() is None
    assert bench.loader.tries == ["2"]


def test_a_retry_loads_failed_versions_and_does_not_look_for_new_ones(bench: ModelFixture) -> None:
    bench.loader.breaks("1")
    bench.publish_and_poll("1")
    bench.publish("2")
    bench.loader.broken.clear()
    bench.clock.seconds += 60.0
    bench.model.retry()
    assert bench.served() == 1
    assert bench.states() == {1: VersionState.AVAILABLE}


def test_the_status_shows_a_failed_version_with_its_error_until_the_next_attempt(bench: ModelFixture) -> None:
    bench.loader.breaks("1")
    bench.publish_and_poll("1")
    bench.model.poll()
    assert [(status.state, status.message) for status in bench.model.statuses()] == [
        (VersionState.END, "1 has no model.tflite")
    ]
