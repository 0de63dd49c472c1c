import dataclasses
import re

import pytest

from tears.alerter.notices import wording
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
    captured_at_seconds=1_700_000_012.0,
)
NOTICES = [
    wording.crying_notice(EPISODE),
    *(
        wording.not_listening_notice("nursery", 1, wording.not_listening_reason(state, 60.0), 1_700_000_000.0)
        for state in ("silent", "stalled", "absent", "listening")
    ),
    wording.listening_again_notice("nursery", 1, 1_700_000_000.0),
]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.kind)
def test_a_notice_names_the_room_and_uses_no_technical_word(notice: wording.Notice) -> None:
    assert notice.title.startswith("nursery: ")
    text = f"{notice.title} {notice.body}"
    assert not re.search(r"score|dBFS|window|tombstone|session|detection|[0-9a-f]{8}-[0-9a-f]{4}", text, re.IGNORECASE)
    assert re.search(r"\d\d:\d\d:\d\d", notice.body)


def test_the_crying_is_dated_from_its_start_and_not_from_the_alert() -> None:
    started = wording.listening_again_notice("nursery", 1, 1_700_000_010.0).body[-9:]
    assert NOTICES[0].body == f"Crying since {started}"


def test_a_newer_notice_outdates_only_those_about_listening_to_the_same_room() -> None:
    assert wording.titles_outdated_by(NOTICES[0]) == ()
    for notice in NOTICES[1:]:
        assert set(wording.titles_outdated_by(notice)) == {"nursery: not listening", "nursery: listening again"}


def test_a_parent_reads_the_name_of_the_room_and_not_that_of_its_microphone() -> None:
    mic = "K_x00FC_che_x0020_oben"
    notices = [
        wording.crying_notice(dataclasses.replace(EPISODE, mic=mic)),
        wording.not_listening_notice(mic, 1, wording.not_back_reason(mic), 1_700_000_000.0),
        wording.listening_again_notice(mic, 1, 1_700_000_000.0),
    ]
    for notice in notices:
        assert notice.title.startswith("Küche oben: ")
        assert "_x" not in notice.body
    assert "tears retire 'Küche oben'" in notices[1].body
    assert wording.titles_outdated_by(notices[2])[0] == notices[1].title
