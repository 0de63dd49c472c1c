"""A near miss is a stretch of half-high scores in which no episode was open."""

from tears.journal.follower.near_miss_finder import HeardWindow, NearMissFinder
from tears.journal.history import NearMiss

THRESHOLD = 0.55


def find(
    scores: list[float], finder: NearMissFinder | None = None, first: int = 0, session: str = "s1"
) -> list[NearMiss]:
    finder = finder or NearMissFinder("nursery")
    found = [
        finder.take(
            HeardWindow(session=session, index=k, at=1_000.0 + k, score=score, level_dbfs=-40.0, place=f"{k}-0"),
            THRESHOLD,
        )
        for k, score in enumerate(scores, first)
    ]
    return [one for one in found if one is not None]


def test_a_stretch_above_half_the_threshold_is_a_near_miss() -> None:
    (found,) = find([0.1, 0.3, 0.5, 0.3] + [0.1] * 7)
    assert (found.began_at, found.ended_at, found.peak_score) == (996.0, 1_003.0, 0.5)


def test_scores_below_half_the_threshold_are_none() -> None:
    assert find([0.27] * 20) == []


def test_a_short_pause_does_not_end_a_stretch_and_a_long_one_does() -> None:
    assert len(find([0.3, *[0.1] * 4, 0.3, *[0.1] * 7])) == 1
    assert len(find([0.3, *[0.1] * 5, 0.3, *[0.1] * 7])) == 2


def test_hours_of_such_scores_become_several() -> None:
    found = find([0.4] * 200)
    assert [one.ended_at - one.began_at for one in found] == [65.0, 65.0, 65.0]
    assert len({one.id for one in found}) == 3


def test_what_led_to_an_episode_is_none() -> None:
    finder = NearMissFinder("nursery")
    find([0.3, 0.4, 0.6], finder)
    finder.note_episode("e1", 1_001.0, None)
    assert find([0.4] * 20 + [0.1] * 7, finder, 3) == []


def test_after_an_episode_there_are_near_misses_again() -> None:
    finder = NearMissFinder("nursery")
    finder.note_episode("e1", 900.0, 950.0)
    assert len(find([0.4, *[0.1] * 7], finder)) == 1


def test_a_clock_that_is_set_back_ends_a_stretch() -> None:
    finder = NearMissFinder("nursery")
    find([0.4], finder, 500)
    (found,) = find([0.1], finder, 0, "s2")
    assert found.ended_at == 1_500.0


def test_who_reads_again_from_the_place_of_a_stretch_finds_the_same_near_miss() -> None:
    scores = [0.1, 0.1, 0.4, 0.5, 0.3] + [0.1] * 7
    before = NearMissFinder("nursery")
    find(scores[:4], before)
    assert before.place == "2-0"
    assert find(scores[2:], first=2) == find(scores)
