"""The picture of a night follows the text of its report, drawn by a process of its own."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.alerter.nights import at, cry, hear, local_zone
from support.network.receivers import NoticeReceiver
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.alerter.errors import AttachmentError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.due_report import due_night
from tears.alerter.nights.night_file import night_file_of, written_night_file
from tears.alerter.nights.notes import NightNotes
from tears.alerter.nights.pictures.picture_maker import NightPictureMaker
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice

StartAlerter = Callable[..., ServiceProcess]

# The program that draws may need this long on a machine that does much else.
DRAWN_SECONDS = 90.0
EIGHT = at("2026-11-30 08:00")
NOTICE = Notice("k", NoticeKind.NIGHT_REPORT, "nursery", {"night": "2026-11-29", "until_seconds": EIGHT}, EIGHT)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> AlerterMetrics:
    return AlerterMetrics(registry)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    state = tmp_path / "alerter.sqlite"
    with local_zone(monkeypatch):
        notes = NightNotes()
        hear(notes, EIGHT - 7_200, EIGHT)
        cry(notes, EIGHT - 3_600, 120.0)
        with written_night_file(night_file_of(state)) as file:
            file.write(notes.take())
        yield state


def test_the_picture_of_a_report_is_a_png(state: Path, metrics: AlerterMetrics) -> None:
    picture = NightPictureMaker(state, "de", metrics).make(NOTICE)
    assert (picture.name, picture.mime_type) == ("night-2026-11-29.png", "image/png")
    assert picture.content.startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_drawn_is_counted_and_says_why(
    tmp_path: Path, metrics: AlerterMetrics, registry: CollectorRegistry
) -> None:
    with pytest.raises(AttachmentError, match="in its first night"):
        NightPictureMaker(tmp_path / "none.sqlite", "en", metrics).make(NOTICE)
    assert registry.get_sample_value("tears_alerter_night_failures_total", {"step": "picture"}) == 1


def test_a_drawing_that_hangs_is_given_up(state: Path, metrics: AlerterMetrics) -> None:
    hanging = (sys.executable, "-c", "import time; time.sleep(600)")
    with pytest.raises(AttachmentError, match="not drawn"):
        NightPictureMaker(state, "en", metrics, hanging, deadline_seconds=0.5).make(NOTICE)


def test_a_report_and_then_its_picture_reach_the_receiver(
    tmp_path: Path, start_alerter: StartAlerter, receiver: NoticeReceiver
) -> None:
    # Its hour was a minute ago, so it is due at once.
    now = time.time()
    hour, minute = time.localtime(now - 60)[3:5]
    report = {"alerter_notify": receiver.url(), "alerter_report_at": f"{hour:02d}:{minute:02d}"}
    night = due_night(now, (hour, minute), ())
    assert night is not None
    notes = NightNotes()
    hear(notes, night.starts_seconds + 600, night.starts_seconds + 1_200)
    with written_night_file(night_file_of(tmp_path / "alerter.sqlite")) as file:
        file.write(notes.take())
    alerter = start_alerter(**report)
    wait_until(lambda: receiver.files() and receiver.without_files(), DRAWN_SECONDS, describe=alerter.log)
    assert "No crying was heard." in receiver.without_files()[0]["message"]
    assert receiver.files()[0].startswith(b"\x89PNG")
    alerter.terminate()
    alerter.wait_for_exit()
    # It is told once, whatever is started again; the second one would tell it before it is ready to stop.
    alerter = start_alerter(**report)
    alerter.wait_until_ready()
    alerter.terminate()
    alerter.wait_for_exit()
    assert len(receiver.without_files()) == 1
