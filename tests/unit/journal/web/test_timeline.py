import datetime as dt
from collections.abc import Iterator

import numpy as np
import pytest
from support.alerter.nights import local_zone
from support.journal.kept_history import almost, crying

from tears.journal.history.records import HOLE, KeptEpisode, NearMiss, NightSeries, RoomStretch
from tears.journal.web.drawing.curve import Stripe
from tears.journal.web.drawing.timeline import Timeline, hour_lines, timeline_of
from tears.kit.calendar.nights import Night

HOUR = 3_600.0


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with local_zone(monkeypatch):
        yield


def drawn(
    *episodes: KeptEpisode, near_misses: tuple[NearMiss, ...] = (), now_at: float | None = None, score: int = 1
) -> Timeline:
    night = Night(dt.date(2026, 11, 28))
    from_at, to_at = night.starts_seconds, night.ends_seconds
    seconds = np.full(int(to_at - from_at), score, np.uint8)
    room = RoomStretch(
        mic="nursery",
        room_name="nursery",
        series=NightSeries(mic="nursery", from_at=from_at, seconds=seconds, levels=seconds),
        episodes=episodes,
        near_misses=near_misses,
        crying_seconds=0.0,
        heard_seconds=0.0,
    )
    return timeline_of(room, from_at, to_at, to_at + HOUR if now_at is None else now_at)


def evening(hours_later: float = 0.0) -> float:
    return Night(dt.date(2026, 11, 28)).starts_seconds + hours_later * HOUR


def test_crying_lies_where_it_was() -> None:
    (mark,) = drawn(crying("one", evening(4), seconds=HOUR)).marks
    assert (mark.place, mark.is_crying) == (Stripe(25.0, 6.25), True)


def test_a_near_miss_is_no_crying() -> None:
    (mark,) = drawn(near_misses=(almost("one", evening(8)),)).marks
    assert (mark.place.left, mark.is_crying) == (50.0, False)


def test_crying_that_began_before_the_evening_is_cut() -> None:
    (mark,) = drawn(crying("one", evening(-1), seconds=2 * HOUR)).marks
    assert mark.place == Stripe(0.0, 6.25)


def test_crying_that_goes_on_lasts_until_now() -> None:
    (mark,) = drawn(crying("one", evening(4), seconds=None), now_at=evening(5)).marks
    assert mark.place == Stripe(25.0, 6.25)


def test_an_old_crying_whose_end_nobody_heard_does_not_last_until_now() -> None:
    (mark,) = drawn(crying("one", evening(1), seconds=None)).marks
    assert mark.place.width < 0.1


def test_the_future_is_no_hole() -> None:
    night = drawn(now_at=evening(8), score=HOLE)
    assert (night.unheard, night.now) == ((Stripe(0.0, 50.0),), 50.0)


def test_a_night_that_is_over_has_no_now() -> None:
    assert drawn().now is None


def test_the_lines_of_a_night_are_every_second_hour() -> None:
    lines = hour_lines(evening(), evening(16))
    assert [line.hour for line in lines] == [18, 20, 22, 0, 2, 4, 6, 8, 10]
    assert [line.hour for line in lines if line.is_named_on_phones] == [18, 22, 2, 6, 10]


def test_the_lines_stand_at_the_hours_of_the_clock_when_it_is_set_back() -> None:
    night = Night(dt.date(2026, 10, 24))
    lines = hour_lines(night.starts_seconds, night.ends_seconds)
    # The night has 17 hours, and the hour of two comes twice.
    assert [line.hour for line in lines] == [18, 20, 22, 0, 2, 2, 4, 6, 8, 10]
    assert lines[-1].left == 100.0


def test_a_stretch_that_begins_between_two_hours_has_its_lines_at_full_hours() -> None:
    lines = hour_lines(evening(0.5), evening(3))
    assert [(line.hour, line.left) for line in lines] == [(20, 60.0)]
