import math

import pytest

from tears.alerter.attachments.clip_span import ClipSpan, span_of_facts

FACTS = {"session": "s1", "sound_from_seconds": 20.0, "sound_until_seconds": 31.0}


def test_a_clip_begins_5_s_before_the_crying() -> None:
    assert span_of_facts("nursery", FACTS) == ClipSpan("nursery", "s1", 15.0, 31.0)


def test_a_clip_of_crying_at_the_start_of_a_session_begins_with_the_session() -> None:
    assert ClipSpan.of_crying("nursery", "s1", 2.0, 9.0).start_seconds == 0.0


def test_a_long_episode_gives_its_last_two_minutes() -> None:
    assert ClipSpan.of_crying("nursery", "s1", 100.0, 7_300.0) == ClipSpan("nursery", "s1", 7_180.0, 7_300.0)


def test_a_span_counts_samples_at_the_rate_of_its_sound() -> None:
    assert ClipSpan("nursery", "s1", 1.5, 2.0).samples(16_000) == range(24_000, 32_000)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {**FACTS, "session": 7},
        {**FACTS, "sound_from_seconds": "20"},
        {**FACTS, "sound_until_seconds": None},
        {**FACTS, "sound_until_seconds": math.inf},
        {**FACTS, "sound_from_seconds": math.nan},
        {**FACTS, "sound_until_seconds": 10.0},
    ],
)
def test_facts_that_speak_of_no_sound_give_no_clip(facts: dict[str, object]) -> None:
    assert span_of_facts("nursery", facts) is None
