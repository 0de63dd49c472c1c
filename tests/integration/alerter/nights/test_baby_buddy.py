"""A night's report becomes one note in Baby Buddy, over a real connection, whatever fails on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from support.alerter.nights import at, cry, hear, local_zone
from support.network.baby_buddy_server import BabyBuddyServer

from tears.alerter.errors import DiaryError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.baby_buddy import BabyBuddy
from tears.alerter.nights.diary import DIARY_RETRY_SECONDS, MOST_NOTE_AGE_SECONDS, DiaryNotes
from tears.alerter.nights.keeper import NightKeeper
from tears.alerter.nights.notes import NightNotes
from tears.kit.clock import ManualClock

SEVEN = at("2026-11-30 07:00")


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local_zone(monkeypatch):
        yield


@pytest.fixture
def server() -> Iterator[BabyBuddyServer]:
    with BabyBuddyServer() as one:
        yield one


class Keepers:
    """The keeper of a night with one cry, started again and again."""

    def __init__(self, path: Path, server: BabyBuddyServer) -> None:
        self.clock = ManualClock(SEVEN)
        self.registry = CollectorRegistry()
        self._metrics = AlerterMetrics(self.registry)
        self._path, self._server = path / "n.sqlite", server

    def begin(self, told: tuple[str, ...] = (), language: str = "en") -> NightKeeper:
        notes = NightNotes()
        hear(notes, SEVEN - 7_200, SEVEN)
        cry(notes, SEVEN - 3_600, 600.0)
        return NightKeeper(
            path=self._path,
            notes=notes,
            kept_nights=7,
            report_at=(7, 0),
            told=told,
            metrics=self._metrics,
            clock=self.clock,
            diary=DiaryNotes(BabyBuddy(self._server.url, self._server.token), self._metrics, self.clock),
            language=language,
        )

    def count(self, outcome: str) -> float:
        return self.registry.get_sample_value("tears_alerter_diary_notes_total", {"outcome": outcome}) or 0.0


@pytest.fixture
def keepers(tmp_path: Path, server: BabyBuddyServer) -> Keepers:
    return Keepers(tmp_path, server)


def test_the_report_of_a_night_is_one_note_about_crying(keepers: Keepers, server: BabyBuddyServer) -> None:
    keeper = keepers.begin()
    for _ in range(3):
        keeper.turn()
        keepers.clock.advance(DIARY_RETRY_SECONDS)
    (note,) = server.notes
    assert (note["child"], note["time"]) == (7, "2026-11-30T07:00:00+01:00")
    assert "Crying once" in note["note"]
    assert not any(word in note["note"].lower() for word in ("sleep", "slept", "asleep"))
    assert keepers.count("written") == 1


def test_the_note_is_in_the_language_of_the_house(keepers: Keepers, server: BabyBuddyServer) -> None:
    keepers.begin(language="de").turn()
    assert "nursery: Nacht" in server.notes[0]["note"] or "nursery: die Nacht" in server.notes[0]["note"]


def test_a_note_that_is_refused_is_tried_again_also_after_a_restart(keepers: Keepers, server: BabyBuddyServer) -> None:
    server.status = 500
    keeper = keepers.begin()
    keeper.turn()
    keeper.turn()
    assert (server.notes, keepers.count("failed")) == ([], 1)
    server.status = 201
    keeper = keepers.begin(told=("2026-11-29",))
    keeper.turn()
    assert len(server.notes) == 1


def test_a_note_whose_answer_was_lost_is_not_written_twice(keepers: Keepers, server: BabyBuddyServer) -> None:
    server.status = 0
    keeper = keepers.begin()
    keeper.turn()
    server.status = 201
    keepers.clock.advance(DIARY_RETRY_SECONDS)
    keeper.turn()
    assert len(server.notes) == 1
    assert (keepers.count("failed"), keepers.count("written")) == (1, 1)


def test_a_note_that_nobody_takes_is_dropped_after_two_days(keepers: Keepers, server: BabyBuddyServer) -> None:
    server.status = 503
    keeper = keepers.begin()
    keeper.turn()
    keepers.clock.advance(MOST_NOTE_AGE_SECONDS + 1)
    keeper.turn()
    assert keepers.count("dropped") == 1
    # The report itself was made all the same.
    assert keeper.take_news()[0].night == "2026-11-29"


@pytest.mark.parametrize(("children", "child", "is_taken"), [(2, 0, False), (2, 8, True), (0, 0, False)])
def test_with_several_children_the_setting_says_which(children: int, child: int, *, is_taken: bool) -> None:
    with BabyBuddyServer(children) as server:
        diary = BabyBuddy(server.url, server.token, child)
        if is_taken:
            diary.add_note("a note", SEVEN)
            assert server.notes[0]["child"] == child
        else:
            with pytest.raises(DiaryError, match="TEARS_ALERTER_BABYBUDDY_CHILD"):
                diary.add_note("a note", SEVEN)


def test_errors_name_the_cure_and_no_secret(server: BabyBuddyServer) -> None:
    with pytest.raises(DiaryError, match="TEARS_ALERTER_BABYBUDDY_TOKEN") as refused:
        BabyBuddy(server.url, "wrong-token").add_note("a note", SEVEN)
    assert "wrong-token" not in str(refused.value)
    with pytest.raises(DiaryError, match="answers 404"):
        BabyBuddy(f"{server.url}/elsewhere", server.token).add_note("a note", SEVEN)
    with pytest.raises(DiaryError, match="does not answer"):
        BabyBuddy("http://127.0.0.1:1", server.token).add_note("a note", SEVEN)
