import logging

import pytest

from tears.journal.recordings.reports import FaultLog, GrowthThrottle, counted
from tears.kit.clock import ManualClock
from tears.kit.health import Health

logger = logging.getLogger("tears.journal.test")


@pytest.fixture
def health() -> Health:
    return Health(ManualClock())


def test_a_fault_is_logged_once_and_so_is_its_end(health: Health, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    faults = FaultLog(health, logger)
    faults.begin("redis", "refused")
    faults.begin("redis", "timed out")
    assert faults.messages() == ["timed out"]
    assert health.ready().reason == "redis: timed out"
    faults.end("redis", "back")
    faults.end("redis", "back")
    assert caplog.messages == ["refused", "back"]
    assert faults.messages() == []
    assert health.ready().reason == "ok"


def test_a_fault_of_another_kind_is_logged_again(health: Health, caplog: pytest.LogCaptureFixture) -> None:
    faults = FaultLog(health, logger)
    faults.begin("disk", "full", kind=28)
    faults.begin("disk", "full", kind=28)
    faults.begin("disk", "read-only", kind=30)
    assert caplog.messages == ["full", "read-only"]


def test_growth_is_reported_at_once_and_then_once_a_minute() -> None:
    throttle = GrowthThrottle()
    assert throttle.grown("gap", 0.0, 0.0) == 0
    assert throttle.grown("gap", 2.0, 1.0) == 2.0
    assert throttle.grown("gap", 5.0, 60.0) == 0
    assert throttle.grown("other", 5.0, 60.0) == 5.0
    assert throttle.grown("gap", 6.0, 61.0) == 4.0
    assert throttle.grown("gap", 6.0, 500.0) == 0


def test_a_count_has_a_plural() -> None:
    assert (counted(1, "file"), counted(0, "file"), counted(2, "file")) == ("1 file", "0 files", "2 files")
