"""What is noted of a night while nothing can be written is bounded, and what is dropped is counted."""

import pytest
from support.alerter.nights import at, local_zone

from tears.alerter.nights import notes as noting
from tears.alerter.nights.notes import NightNotes


@pytest.fixture(autouse=True)
def _small_bounds(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(noting, "MOST_WAITING_MINUTES", 3)
    with local_zone(monkeypatch):
        yield


def note_minutes(notes: NightNotes, minutes: range) -> None:
    two = at("2026-11-30 02:00")
    for k in minutes:
        notes.note_window("nursery", two + 60.0 * k, 0.5, -40.0, two + 60.0 * k)


def test_the_oldest_minutes_are_dropped_and_counted_once() -> None:
    notes = NightNotes()
    note_minutes(notes, range(5))
    assert notes.take_dropped() == 2
    assert notes.take_dropped() == 0
    assert len(notes.take().minutes) == 3


def test_what_is_put_back_is_bounded_too() -> None:
    notes = NightNotes()
    note_minutes(notes, range(3))
    taken = notes.take()
    note_minutes(notes, range(3, 5))
    notes.put_back(taken)
    assert notes.take_dropped() == 2
    kept = sorted(minute for _, minute in notes.take().minutes)
    assert len(kept) == 3
    assert kept[-1] - kept[0] == 2
