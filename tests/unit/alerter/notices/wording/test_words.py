import dataclasses
import re
import time

import pytest
from support.alerter.notices import english

from tears.alerter.notices import room_notices
from tears.alerter.notices.notice import Notice
from tears.kit.messages import Ending, Episode, EpisodeState

EPISODE = Episode(
    episode_id="246ac42d-d918-5b08-ae33-09261fa5deed",
    mic="nursery",
    state=EpisodeState.OPEN,
    ending=Ending.NOT_YET,
    start_seconds=14.0,
    alerted_at_seconds=16.0,
    end_seconds=16.0,
    peak_score=0.93,
    captured_at_seconds=1_800_000_012.0,
)
NOTICES = [
    room_notices.crying_notice(EPISODE),
    *(
        room_notices.not_listening_notice("nursery", 1, room_notices.not_listening_facts(state, 60.0), 1_800_000_000.0)
        for state in ("silent", "stalled", "absent", "listening")
    ),
    room_notices.listening_again_notice("nursery", 1, 1_800_000_000.0),
]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.kind)
def test_a_notice_names_the_room_and_uses_no_technical_word(notice: Notice) -> None:
    words = english(notice)
    assert words.title.startswith("nursery: ")
    text = f"{words.title} {words.body}"
    assert not re.search(r"score|dBFS|window|tombstone|session|detection|[0-9a-f]{8}-[0-9a-f]{4}", text, re.IGNORECASE)
    assert re.search(r"\d\d:\d\d:\d\d", words.body)


def test_the_crying_is_dated_from_its_start_and_not_from_the_alert() -> None:
    started = english(room_notices.listening_again_notice("nursery", 1, 1_800_000_010.0)).body.rpartition("since ")[2]
    assert english(NOTICES[0]).body == f"Crying since {started}"


@pytest.mark.parametrize(
    ("zone", "words"), [("", "08:00:10 UTC."), ("UTC", "08:00:10 UTC."), ("CET-1CEST", "09:00:10.")]
)
def test_a_time_says_that_it_is_utc_where_it_is_not_the_parents(
    monkeypatch: pytest.MonkeyPatch, zone: str, words: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert english(NOTICES[0]).body.endswith(f"since {words}")
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_parent_reads_the_name_of_the_room_and_not_that_of_its_microphone() -> None:
    mic = "K_x00FC_che_x0020_oben"
    notices = [
        room_notices.crying_notice(dataclasses.replace(EPISODE, mic=mic)),
        room_notices.not_listening_notice(mic, 1, room_notices.not_back_facts(), 1_800_000_000.0),
        room_notices.listening_again_notice(mic, 1, 1_800_000_000.0),
    ]
    for notice in notices:
        assert english(notice).title.startswith("Küche oben: ")
        assert "_x" not in english(notice).body
    assert "tears retire 'Küche oben'" in english(notices[1]).body
