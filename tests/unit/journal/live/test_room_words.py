import re
from typing import Any

import pytest

from tears.journal.live.room_commands import RoomWish, WishOutcome
from tears.journal.live.room_now import ListeningTrouble, RoomCondition, RoomNow
from tears.journal.web.live.room_words import rooms_on_page, trouble_words
from tears.journal.web.live.wish_words import wish_on_page
from tears.journal.web.words.page_words import PageWords

ENGLISH = PageWords("en")
NOT_FOR_PARENTS = re.compile(r"window|tombstone|score|dbfs|uuid|\{|\}", re.IGNORECASE)
NOON = 1_699_963_200.0  # 14 November 2023, 12:00 UTC


def on_page(**room: object) -> tuple[str, str, str]:
    facts: dict[str, Any] = {"mic": "nursery", "room_name": "nursery", "condition": RoomCondition.QUIET, **room}
    now = RoomNow(**facts)
    shown = rooms_on_page([now], ENGLISH, NOON + 300.0)[0]
    return shown.state, shown.detail, shown.silence


def test_each_state_has_its_words() -> None:
    crying = RoomCondition.CRYING
    assert on_page() == ("Quiet", "Tears is listening.", "")
    assert on_page(condition=crying) == ("Crying", "", "")
    assert on_page(condition=crying, crying_since=NOON) == ("Crying since 12:00", "For 5 min.", "")
    acknowledged = ("Crying since 12:00", "Somebody is looking after it.", "")
    assert on_page(condition=crying, crying_since=NOON, is_acknowledged=True) == acknowledged
    assert on_page(condition=RoomCondition.OFF)[0] == "Switched off"
    assert on_page(condition=RoomCondition.STARTING)[0] == "Starting"
    deaf = on_page(condition=RoomCondition.NOT_LISTENING, trouble=ListeningTrouble.MIC_ABSENT)
    assert deaf == ("Not listening", "The microphone cannot be found: is it plugged in?", "")
    assert on_page(snoozed_until=NOON + 600.0)[2] == "Snoozed until 12:10: nobody is alerted."
    assert on_page(is_held=True)[2] == "On hold until it has been quiet for a while: nobody is alerted."
    assert "too loud" in on_page(is_clipping=True)[1]
    assert on_page(is_overloaded=True)[1].startswith("Some seconds are left out")
    assert on_page(is_overloaded=True, condition=crying, crying_since=NOON)[1] == "For 5 min."


@pytest.mark.parametrize(("level", "shown"), [(None, None), (-120.0, 0), (-80.0, 0), (-40.0, 50), (0.0, 100)])
def test_the_bar_of_the_level_goes_from_what_nobody_hears_to_full_scale(level: float | None, shown: int | None) -> None:
    room = RoomNow(mic="a", room_name="a", condition=RoomCondition.QUIET, level_dbfs=level, score=0.256)
    assert (rooms_on_page([room], ENGLISH, NOON)[0].loudness, rooms_on_page([room], ENGLISH, NOON)[0].likeness) == (
        shown,
        26,
    )


@pytest.mark.parametrize("trouble", ListeningTrouble)
def test_every_trouble_is_told_in_words_for_a_parent(trouble: ListeningTrouble) -> None:
    words = trouble_words(trouble, ENGLISH)
    assert words.endswith((".", "?"))
    assert not NOT_FOR_PARENTS.search(words)


@pytest.mark.parametrize("outcome", WishOutcome)
@pytest.mark.parametrize("wish", RoomWish)
def test_every_answer_names_the_room(wish: RoomWish, outcome: WishOutcome) -> None:
    answer = wish_on_page("K_x00FC_che", wish, outcome, ENGLISH)
    assert answer.words.startswith("Küche")
    assert answer.is_good is (outcome in {WishOutcome.OBEYED, WishOutcome.NEEDLESS})
    assert not NOT_FOR_PARENTS.search(answer.words)


def test_a_wish_that_waits_for_the_alerter_may_still_come_true() -> None:
    answer = wish_on_page("nursery", RoomWish.SNOOZE, WishOutcome.UNANSWERED, ENGLISH)
    assert answer.words.endswith("If it comes back within a minute, it does this then.")
