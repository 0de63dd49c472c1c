"""The questions that are asked before crying is told."""

from tears.alerter.commands.house_state import (
    MOST_ACKNOWLEDGED,
    HouseState,
    Silence,
    SilenceKind,
    deafness_subject,
)
from tears.alerter.episodes.monitor_state import Now

NOW = Now(100.0, 1_700_000_000.0)
LATER = Now(700.0, 1_700_000_600.0)


def test_a_snoozed_room_withholds_crying_until_its_time_is_over() -> None:
    house = HouseState().with_silence("nursery", Silence(SilenceKind.SNOOZE, 700.0))
    assert house.is_snoozed("nursery", NOW)
    assert house.withholds_crying("nursery", NOW)
    assert not house.held("nursery", NOW)
    assert not house.withholds_crying("attic", NOW)
    assert not house.is_snoozed("nursery", LATER)
    assert not house.withholds_crying("nursery", LATER)


def test_a_held_room_withholds_crying_and_is_not_snoozed() -> None:
    house = HouseState().with_silence("nursery", Silence(SilenceKind.HOLD, 700.0))
    assert house.held("nursery", NOW)
    assert house.withholds_crying("nursery", NOW)
    assert not house.is_snoozed("nursery", NOW)
    assert not house.without_silence("nursery").withholds_crying("nursery", NOW)


def test_the_oldest_acknowledgements_are_forgotten() -> None:
    house = HouseState()
    for k in range(MOST_ACKNOWLEDGED + 1):
        house = house.with_acknowledged(f"e{k}")
    house = house.with_acknowledged("e1").with_acknowledged(deafness_subject("nursery"))
    assert [house.is_acknowledged(one) for one in ("e0", "e1", "e2", "e3")] == [False, True, False, True]
    assert house.is_acknowledged("deaf/nursery")
