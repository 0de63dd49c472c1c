"""Every kind of notice in every language, on time, late and merged."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tears.alerter.notices.kinds import APPRISE_TYPES, PRIORITIES, ListeningFault, NoticeKind, Priority
from tears.alerter.notices.notice import Fact, Notice
from tears.alerter.notices.wording import LANGUAGES, words_of
from tears.alerter.proof.failed_stage import FailedStage
from tears.kit.messages import Ending
from tears.kit.registry.mic_names import mic_of_room

NOW = 1_800_000_000.0
EPISODE_ID = "246ac42d-d918-5b08-ae33-09261fa5deed"
# Those of which there can be none without a room.
ROOM_KINDS = {NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.CRYING_ENDED}
ROOM_FAULTS = {
    ListeningFault.SILENT,
    ListeningFault.STALLED,
    ListeningFault.ABSENT,
    ListeningFault.UNCHECKED,
    ListeningFault.OVERLOADED,
    ListeningFault.NOT_BACK,
    ListeningFault.CLIPPING,
}
TECHNICAL = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}|_x[0-9A-F]{4}_|\bscore|\bdBFS|\bwindow|\btombstone|\bsession|\bdetection|[{}]|None|nan|\binf\b|\.\.",
    re.IGNORECASE,
)
SENTENCES = re.compile(r"[A-ZÄÖÜK].*[.]", re.DOTALL)

instants = st.floats(NOW - 10 * 86_400.0, NOW)


nights = st.fixed_dictionaries(
    {"night": st.sampled_from(["2026-11-29", ""])},
    optional={
        "bouts": st.integers(0, 3),
        "crying_seconds": st.floats(0.0, 10_000.0),
        "longest_seconds": st.floats(0.0, 5_000.0),
        "heard_seconds": st.floats(0.0, 57_600.0),
        "unheard_seconds": st.floats(0.0, 57_600.0),
        "first_seconds": instants,
        "last_seconds": instants,
        "quiet_seconds": st.floats(0.0, 57_600.0),
        "quiet_from_seconds": instants,
        "week_nights": st.integers(1, 7),
        "week_bouts": st.floats(0.0, 5.0),
        "week_crying_seconds": st.floats(0.0, 5_000.0),
    },
)


@st.composite
def notices(draw: st.DrawFn, kind: NoticeKind, room: str) -> Notice:
    """Return a notice of a kind with the facts that its makers give."""
    happened_at_seconds = draw(instants)
    since_seconds = happened_at_seconds - draw(st.floats(0.0, 3 * 86_400.0))
    return Notice(
        key=EPISODE_ID,
        kind=kind,
        mic=mic_of_room(room),
        facts={
            "episode_id": EPISODE_ID,
            "since_seconds": since_seconds,
            "until_seconds": happened_at_seconds,
            "length_seconds": happened_at_seconds - since_seconds,
            "silent_seconds": draw(st.floats(1.0, 3_600.0)),
            "ending": draw(st.sampled_from(Ending)).name,
            "reason": draw(st.sampled_from(ListeningFault)).value,
            "trouble": draw(st.sampled_from([one.value for one in ListeningFault])),
            "error": draw(st.sampled_from(["the disk is full", "The disk is full.", ""])),
            **draw(nights),
            "stage": draw(st.sampled_from(FailedStage)).value,
            "receiver": "ntfy (URL 2 of TEARS_ALERTER_NOTIFY)",
            "waiting": draw(st.integers(1, 5)),
            "variable": "TEARS_ALERTER_HEARTBEAT_URL",
        },
        happened_at_seconds=happened_at_seconds,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ["Küche oben", ""])
@pytest.mark.parametrize("kind", NoticeKind)
@settings(max_examples=20)
@given(data=st.data(), earlier=st.integers(0, 7))
def test_every_notice_has_whole_sentences_and_nothing_technical(
    kind: NoticeKind, room: str, language: str, data: st.DataObject, earlier: int
) -> None:
    room = "Küche oben" if kind in ROOM_KINDS else room
    made = sorted((data.draw(notices(kind, room)) for _ in range(earlier + 1)), key=lambda one: one.happened_at_seconds)
    notice = replace(made[-1], earlier=tuple(made[:-1]))
    words = words_of(notice, language, data.draw(st.floats(made[-1].happened_at_seconds, NOW)))
    assert words.title.startswith(f"{room}: " if room else "Tears: ")
    assert words.body != str(notice), "the words failed"
    for text in words:
        assert not TECHNICAL.search(text), text
        assert "  " not in text
    assert SENTENCES.fullmatch(words.body), words.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", NoticeKind)
def test_a_late_notice_says_how_late_it_is_and_when_it_happened(kind: NoticeKind, language: str) -> None:
    late = Notice("key", kind, "nursery", {"since_seconds": NOW - 90_000.0}, NOW - 90_000.0)
    in_time = replace(late, happened_at_seconds=NOW - 59.0, facts={})
    words = words_of(late, language, NOW)
    assert ("(late)" if language == "en" else "(verspätet)") in words.title
    assert ("25 h 0 min late" if language == "en" else "25 h 0 min zu spät") in words.body
    assert "(" not in words_of(in_time, language, NOW).title


def test_a_late_alert_is_told_with_its_end() -> None:
    since, until = NOW - 7_200.0, NOW - 6_900.0
    facts: Mapping[str, Fact] = {"episode_id": EPISODE_ID, "since_seconds": since}
    crying = Notice("one", NoticeKind.CRYING, "nursery", facts, since)
    still = Notice("two", NoticeKind.STILL_CRYING, "nursery", facts, since + 120.0)
    ended_facts = {**facts, "until_seconds": until, "length_seconds": 300.0, "ending": "QUIET"}
    ended = Notice("three", NoticeKind.CRYING_ENDED, "nursery", ended_facts, until + 60.0, (crying, still))
    assert crying.subject == still.subject == ended.subject
    words = words_of(ended, "en", NOW)
    assert words.title == "nursery: crying has ended (late)"
    assert words.body.startswith("Crying for 5 min, from ")
    assert "2 h 0 min late" in words.body


def test_crying_that_was_not_heard_to_its_end_may_go_on() -> None:
    facts: Mapping[str, Fact] = {"length_seconds": 300.0, "ending": Ending.DEAF.name}
    words = words_of(Notice("key", NoticeKind.CRYING_ENDED, "nursery", facts, NOW), "en", NOW)
    assert words.title == "nursery: crying is no longer heard"
    assert "it may go on" in words.body


def test_a_room_whose_sound_was_distorted_is_not_said_to_have_had_nobody_listening() -> None:
    facts: Mapping[str, Fact] = {"reason": ListeningFault.CLIPPING.value, "trouble": "clipping/nursery"}
    begun = Notice("one", NoticeKind.NOT_LISTENING, "nursery", facts, NOW - 7_200.0)
    over = Notice("two", NoticeKind.LISTENING_AGAIN, "nursery", facts, NOW - 3_600.0, (begun,))
    words = words_of(over, "en", NOW)
    assert words.title == "nursery: clear sound again (late)"
    assert "obody listened" not in words.body


def test_every_fault_has_its_own_words_in_every_language() -> None:
    for language in LANGUAGES:
        texts = {
            words_of(Notice("key", NoticeKind.NOT_LISTENING, mic, {"reason": fault.value}, NOW), language, NOW)
            for fault in ListeningFault
            for mic in (("nursery",) if fault in ROOM_FAULTS else ("",))
        }
        assert len(texts) == len(ListeningFault)


@pytest.mark.parametrize("journal_url", ["http://tears.local:8080", "https://house.example/journal"])
def test_every_notice_links_to_the_journal_if_there_is_one(journal_url: str) -> None:
    for kind in NoticeKind:
        notice = Notice("key", kind, "nursery", {}, NOW)
        assert words_of(notice, "en", NOW, journal_url).body.splitlines()[-1] == journal_url
        assert "http" not in words_of(notice, "en", NOW).body


def test_facts_that_make_no_sense_and_languages_that_nobody_speaks_leave_the_room_and_the_kind() -> None:
    notice = Notice("key", NoticeKind.CRYING, "K_x00FC_che", {"since_seconds": "once upon a time"}, NOW)
    assert words_of(notice, "en", NOW) == ("Küche: crying", "Küche: crying")
    assert words_of(replace(notice, facts={}), "tlh", NOW) == ("Küche: crying", "Küche: crying")


NIGHT: Mapping[str, Fact] = {
    "night": "2026-11-29",
    "bouts": 3,
    "crying_seconds": 1_500.0,
    "longest_seconds": 720.0,
    "heard_seconds": 50_000.0,
    "unheard_seconds": 600.0,
    "first_seconds": 1_796_000_400.0,
    "last_seconds": 1_796_011_200.0,
    "quiet_seconds": 18_120.0,
    "quiet_from_seconds": 1_796_014_800.0,
    "week_nights": 6,
    "week_bouts": 2.0,
    "week_crying_seconds": 1_200.0,
}


@pytest.mark.parametrize(
    ("language", "title", "body"),
    [
        (
            "en",
            "nursery: the night of 29 November",
            (
                "Crying 3 times, for 25 min in all and 12 min at most. The first time at 01:00, the last time at "
                "04:00. The longest quiet was 5 h 2 min, from 05:00. Nobody listened for 10 min. "
                "A usual night of the week before: 2 times, 20 min."
            ),
        ),
        (
            "de",
            "nursery: die Nacht vom 29. November",
            (
                "Es hat 3-mal geweint, zusammen 25 min und höchstens 12 min. Das erste Mal um 01:00, das letzte Mal um "
                "04:00. Die längste Ruhe dauerte 5 h 2 min, ab 05:00. 10 min lang hat niemand zugehört. "
                "Eine übliche Nacht der Woche davor: 2-mal, 20 min."
            ),
        ),
    ],
)
def test_the_report_of_a_night_is_a_few_sentences(language: str, title: str, body: str) -> None:
    words = words_of(Notice("key", NoticeKind.NIGHT_REPORT, "nursery", NIGHT, NOW), language, NOW)
    assert words == (title, body)


def test_a_night_without_crying_and_one_without_listening_say_so() -> None:
    quiet = {**NIGHT, "bouts": 0, "unheard_seconds": 59.0}
    unheard = {**NIGHT, "heard_seconds": 0.0}
    texts = [
        words_of(Notice("key", NoticeKind.NIGHT_REPORT, "a", one, NOW), "en", NOW).body for one in (quiet, unheard)
    ]
    assert texts[0].startswith("No crying was heard. The longest quiet was 5 h 2 min, from 05:00. A usual night")
    assert texts[1] == "Nobody listened in this night, so nothing is known of it."


def test_only_crying_and_not_listening_may_break_do_not_disturb() -> None:
    urgent = {kind for kind, priority in PRIORITIES.items() if priority is Priority.URGENT}
    assert urgent == {NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.NOT_LISTENING}
    assert set(PRIORITIES) == set(APPRISE_TYPES) == set(NoticeKind)
