"""The file of receivers at a start, and the copy of the last good one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from tears.alerter.errors import AlertsFileError, NotifyError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.receivers.alerts_source import AlertsSource, last_good_file_of
from tears.alerter.receivers.alerts_watch import AlertsWatch
from tears.alerter.receivers.configured import alerts_source
from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.rules.alerts_file import parse_alerts_of
from tears.alerter.receivers.rules.receiver_rule import AlertsFile
from tears.alerter.settings import AlerterSettings
from tears.kit.clock import ManualClock
from tears.kit.health import Health

# Importing Apprise imports a module of Python that is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

GOOD = '[[receivers]]\nname = "mum"\nurls = "json://127.0.0.1:9/s3cret"\n'
FAULTY = GOOD + "repeet_seconds = 60\n"
BEFORE = ReceiverSet(AlertsFile(), {})


class House:
    """The files of an alerter that starts several times."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "alerts.toml"
        self.copy_path = last_good_file_of(folder / "alerter.sqlite")
        self.health = Health(ManualClock())

    def start(self) -> AlertsSource:
        """Read the file as the alerter does at its start."""
        source = AlertsSource(
            self.path,
            self.copy_path,
            parse=lambda text, path: ReceiverSet(parse_alerts_of(text, path), {}),
            without_file=lambda: BEFORE,
            metrics=AlerterMetrics(CollectorRegistry()),
            health=self.health,
        )
        source.keep()
        return source


def names(source: AlertsSource) -> list[str]:
    return [rule.name for rule in source.receivers.rules.receivers]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_faulty_file_leaves_the_last_good_one_in_use_and_says_why(house: House) -> None:
    house.path.write_text(GOOD)
    assert not house.start().fault
    house.path.write_text(FAULTY)
    source = house.start()
    assert names(source) == ["mum"]
    assert "did you mean repeat_seconds?" in source.fault
    assert not house.health.ready().good
    assert house.copy_path.read_text() == GOOD


def test_what_is_no_file_in_the_place_of_the_copy_holds_up_no_start(house: House) -> None:
    os.mkfifo(house.copy_path)
    house.path.write_text(GOOD)
    house.start()
    assert house.copy_path.read_text() == GOOD


def test_a_file_that_was_deleted_leaves_the_last_good_one_in_use(house: House) -> None:
    house.path.write_text(GOOD)
    house.start()
    house.path.unlink()
    source = house.start()
    assert names(source) == ["mum"]
    assert "cannot be read" in source.fault


def test_a_first_file_that_is_faulty_is_refused(house: House) -> None:
    house.path.write_text(FAULTY)
    with pytest.raises(AlertsFileError, match="did you mean repeat_seconds"):
        house.start()


# Each was taken by an earlier release, which kept a copy of it.
TAKEN_BEFORE = {
    "a port": GOOD.replace(":9/", ":65536/"),
    "a timeout": GOOD.replace("s3cret", "s3cret?rto=nan"),
    "a blank name": GOOD + GOOD.replace("mum", " ").replace(":9/", ":8/"),
    "a blank room": GOOD + 'rooms = [" "]\n',
    "a quote": GOOD.replace('"json://127.0.0.1:9/s3cret"', "'json://127.0.0.1:9/s3cret\"'"),
    "two equal names but for white space": GOOD + GOOD.replace("mum", "mum ").replace(":9/", ":8/"),
    "an address": GOOD + '[[receivers]]\nname = "dad"\nurls = "mailto://user:pass@example.org?to=nobody"\n',
}


@pytest.mark.parametrize("text", TAKEN_BEFORE.values(), ids=TAKEN_BEFORE)
def test_a_file_that_an_earlier_release_took_leaves_no_house_without_alerts(tmp_path: Path, text: str) -> None:
    settings = AlerterSettings(rules=str(tmp_path / "alerts.toml"), state_path=str(tmp_path / "alerter.sqlite"))
    house = House(tmp_path)
    for path in (house.path, house.copy_path):
        path.write_text(text)
    metrics = AlerterMetrics(CollectorRegistry())
    source = alerts_source(settings, ManualClock(), metrics, house.health)
    assert names(source)[0] == "mum"
    assert not source.receivers.rules.receivers[0].rooms
    assert source.receivers.all_services
    assert "s3cret" not in source.fault
    assert source.fault in house.health.ready().reason
    assert "it is used all the same until it is corrected" in house.health.ready().reason
    assert house.copy_path.read_text() == text
    house.path.write_text(text + "\n")
    with pytest.raises((AlertsFileError, NotifyError)):
        source.read_again()
    house.path.unlink()
    assert names(alerts_source(settings, ManualClock(), metrics, house.health))[0] == "mum"


def test_before_there_is_a_file_the_receivers_are_those_of_the_settings(house: House) -> None:
    source = house.start()
    assert source.receivers is BEFORE
    assert not source.fault
    house.path.write_text(GOOD)
    assert [rule.name for rule in source.read_again().rules.receivers] == ["mum"]
    assert house.copy_path.read_text() == GOOD


@pytest.mark.parametrize("make", [lambda path: path.write_text("a file"), lambda path: path.symlink_to(path.name)])
def test_a_file_where_the_folder_should_be_means_that_there_is_no_file_of_receivers_yet(
    house: House, make: Callable[[Path], object]
) -> None:
    folder = house.path.with_name("states")
    make(folder)
    house.path, house.copy_path = folder / "alerts.toml", folder / "alerter.alerts.toml"
    source = house.start()
    assert source.receivers is BEFORE
    assert not source.fault


def test_a_path_where_no_file_is_and_nobody_is_notified_is_a_warning_with_the_cure(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.start()
    (found,) = caplog.records
    assert found.levelname == "WARNING"
    assert f"{house.path} does not exist yet, so nobody will be notified" in found.message
    assert "TEARS_ALERTER_RULES" in found.message


def test_a_copy_that_is_damaged_helps_nobody_and_the_fault_of_the_file_is_named(house: House) -> None:
    house.copy_path.write_bytes(b"\xff\x00")
    house.path.write_text(FAULTY)
    with pytest.raises(AlertsFileError, match="did you mean repeat_seconds"):
        house.start()


def test_a_changed_file_is_kept_when_it_is_good_and_a_fault_ends_with_it(house: House) -> None:
    house.path.write_text(GOOD)
    source = house.start()
    house.path.write_text(FAULTY)
    with pytest.raises(AlertsFileError):
        source.read_again()
    assert source.fault
    assert house.copy_path.read_text() == GOOD
    house.path.write_text(GOOD.replace("mum", "dad"))
    source.read_again()
    assert not source.fault
    assert "dad" in house.copy_path.read_text()
    assert house.copy_path.stat().st_mode & 0o777 == 0o600


def test_a_copy_that_cannot_be_written_stops_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.path.write_text(GOOD)
    house.copy_path.mkdir()
    assert names(house.start()) == ["mum"]
    assert "no copy of the file of receivers is kept" in caplog.text


def test_a_change_after_the_first_reading_is_seen_by_the_first_look(house: House) -> None:
    house.path.write_text(GOOD)
    source = house.start()
    # Between the reading of the file and the first look, the state file is checked, which may take seconds.
    house.path.write_text(GOOD.replace("mum", "grandma"))
    watch = AlertsWatch(
        house.path,
        source.read_again,
        AlerterMetrics(CollectorRegistry()),
        house.health,
        ManualClock(),
        source.judged,
    )
    for _ in range(2):
        watch.look()
    found = watch.take_found()
    assert found is not None
    assert [rule.name for rule in found.rules.receivers] == ["grandma"]
