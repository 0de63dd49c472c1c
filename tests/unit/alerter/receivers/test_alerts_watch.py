"""The look at the file of receivers."""

from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.waiting import wait_until

from tears.alerter.errors import AlertsFileError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.receivers.alerts_watch import AlertsWatch, file_identity
from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.rules.alerts_file import parse_alerts
from tears.alerter.receivers.rules.receiver_rule import AlertsFile
from tears.kit.clock import ManualClock
from tears.kit.health import Health

FOUND = ReceiverSet(AlertsFile(), {})


class Watched:
    """A file and a watch that reads it."""

    def __init__(
        self, folder: Path, read: Callable[[], ReceiverSet] = lambda: FOUND, in_use: ReceiverSet = FOUND
    ) -> None:
        self.path = folder / "alerts.toml"
        self.path.write_text("first")
        self.reads = 0
        self.fault = ""
        self._read = read
        clock = ManualClock()
        self.health = Health(clock)
        self.registry = CollectorRegistry()
        self.watch = AlertsWatch(
            self.path, self.read, AlerterMetrics(self.registry), self.health, clock, file_identity(self.path), in_use
        )

    def read(self) -> ReceiverSet:
        self.reads += 1
        if self.fault:
            raise AlertsFileError(self.fault)
        return self._read()

    def counted(self, outcome: str) -> float:
        return self.registry.get_sample_value("tears_alerter_rules_reads_total", {"outcome": outcome}) or 0.0


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_file_that_has_not_changed_is_not_read_again(watched: Watched) -> None:
    for _ in range(3):
        watched.watch.look()
    assert watched.reads == 0
    assert watched.watch.take_found() is None


def receivers_of_room(room: str) -> ReceiverSet:
    return ReceiverSet(parse_alerts(f'[[receivers]]\nname = "mum"\nurls = "json://a"\nrooms = "{room}"'), {})


def test_rooms_without_an_alert_are_named_once_at_the_start_and_after_a_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changed = receivers_of_room("nursrey")
    watched = Watched(tmp_path, lambda: changed, receivers_of_room("attic"))
    expected = [f"nobody is told of {kind} in all other rooms at 00:00-24:00" for kind in ("crying", "not_listening")]
    for _ in range(2):
        for _ in range(3):
            watched.watch.look()
        assert [one.message.split(";")[0] for one in caplog.records] == expected
        caplog.clear()
        watched.path.write_text("second")
    # The alerter's loop takes them, and has nothing more to do with it.
    assert watched.watch.take_found() is changed
    assert not caplog.records


def test_a_file_that_is_being_written_is_read_when_it_is_whole(watched: Watched) -> None:
    for text in ("second", "second and more"):
        watched.path.write_text(text)
        watched.watch.look()
        assert watched.reads == 0
    watched.watch.look()
    assert watched.reads == 1
    assert watched.watch.take_found() is FOUND
    assert watched.watch.take_found() is None
    assert watched.counted("taken") == 1.0


def test_a_faulty_file_is_said_once_and_a_good_one_after_it_is_taken(watched: Watched) -> None:
    watched.fault = "receiver 'mum': hours: 'late' are no hours"
    watched.path.write_text("faulty")
    for _ in range(4):
        watched.watch.look()
    assert watched.reads == 1
    assert watched.watch.take_found() is None
    assert "the receivers stay as they were" in watched.health.ready().reason
    watched.fault = ""
    watched.path.write_text("good again")
    for _ in range(2):
        watched.watch.look()
    assert watched.watch.take_found() is FOUND
    assert watched.health.ready().good
    assert (watched.counted("taken"), watched.counted("refused")) == (1.0, 1.0)


def test_a_file_that_could_not_be_read_is_taken_when_it_gets_other_rights(watched: Watched) -> None:
    watched.fault = "alerts.toml cannot be read: Permission denied"
    watched.path.write_text("faulty")
    watched.path.chmod(0o000)
    for _ in range(2):
        watched.watch.look()
    watched.fault = ""

    def is_taken() -> bool:
        # The clock of a file system may stand still for some milliseconds.
        watched.path.chmod(0o644)
        for _ in range(2):
            watched.watch.look()
        return watched.watch.take_found() is FOUND

    wait_until(is_taken)


def test_a_file_that_was_deleted_is_said_and_one_in_its_place_is_taken(watched: Watched) -> None:
    watched.fault = "alerts.toml cannot be read: No such file or directory"
    watched.path.unlink()
    for _ in range(3):
        watched.watch.look()
    assert (watched.reads, watched.watch.take_found()) == (1, None)
    watched.fault = ""
    watched.path.write_text("back")
    for _ in range(2):
        watched.watch.look()
    assert watched.watch.take_found() is FOUND
