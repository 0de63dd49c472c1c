"""What is taught, what is refused, and that no other home pays for it. The features are those of real recordings."""

from dataclasses import replace

import numpy as np
import pytest
from support.taught_homes import THRESHOLD, home_with_a_false_alarm

from tears.own_data.teaching.comparison import Comparison, RoomComparison
from tears.own_data.teaching.guard_set import GuardSet
from tears.own_data.teaching.head_fitting import fit_head, guarded_thresholds
from tears.own_data.teaching.home_examples import HomeExamples
from tears.own_data.teaching.lesson import LEAST_LABELLED, Refusal, hold_lesson


def test_a_sound_that_was_taken_for_crying_is_unlearnt_and_no_cry_is_lost() -> None:
    home, guard = home_with_a_false_alarm()
    lesson = hold_lesson(home, guard, guard.shipped, THRESHOLD)

    assert lesson.refusal is None
    assert lesson.false_alarms.served >= 2
    assert lesson.false_alarms.taught <= lesson.false_alarms.served / 2
    assert lesson.heard.taught >= lesson.heard.served
    assert lesson.doubtful == ()


def test_the_taught_head_is_not_worse_on_the_guard_set_at_any_sensitivity() -> None:
    home, guard = home_with_a_false_alarm()
    head = hold_lesson(home, guard, guard.shipped, THRESHOLD).head
    assert head is not None

    for threshold in guarded_thresholds(THRESHOLD):
        before, after = (one.scores(guard.features) >= threshold for one in (guard.shipped, head))
        assert after[guard.is_crying].sum() >= before[guard.is_crying].sum(), threshold
        assert after[~guard.is_crying].sum() <= before[~guard.is_crying].sum(), threshold


def test_a_head_that_the_guard_set_forbids_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    home, guard = home_with_a_false_alarm()
    deaf = replace(guard.shipped, bias=-100.0)
    monkeypatch.setattr("tears.own_data.teaching.lesson.fit_head", lambda *_: deaf)

    assert hold_lesson(home, guard, guard.shipped, THRESHOLD).refusal is Refusal.GUARD


def test_a_head_that_loses_cries_of_the_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    home, guard = home_with_a_false_alarm()
    deaf, shipped = replace(guard.shipped, bias=-100.0), guard.shipped
    # The head for each fold is deaf; the last one, fitted to all clips, is not.
    monkeypatch.setattr(
        "tears.own_data.teaching.lesson.fit_head",
        lambda examples, *_: shipped if examples is home else deaf,
    )

    assert hold_lesson(home, guard, guard.shipped, THRESHOLD).refusal is Refusal.CRIES_LOST


def test_a_gain_below_the_stated_margin_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    home, guard = home_with_a_false_alarm()
    monkeypatch.setattr("tears.own_data.teaching.lesson.fit_head", lambda *_: guard.shipped)

    assert hold_lesson(home, guard, guard.shipped, THRESHOLD).refusal is Refusal.SMALL_GAIN


@pytest.mark.parametrize(("crying", "refusal"), [(True, Refusal.FEW_OTHER), (False, Refusal.FEW_CRYING)])
def test_labels_of_one_kind_alone_are_refused(*, crying: bool, refusal: Refusal) -> None:
    home, guard = home_with_a_false_alarm()
    one_sided = replace(home, is_crying=np.full(len(home.is_crying), crying))
    lesson = hold_lesson(one_sided, guard, guard.shipped, THRESHOLD)

    assert (lesson.refusal, lesson.head) == (refusal, None)


def test_too_few_recordings_of_a_kind_are_refused_however_many_clips_they_have() -> None:
    home, guard = home_with_a_false_alarm()
    cries = home.recordings_of(crying=True)
    few = {name: f"episode-{number % (LEAST_LABELLED - 1)}" for number, name in enumerate(cries)}
    joined = replace(home, recordings=tuple(few.get(name, name) for name in home.recordings))

    assert hold_lesson(joined, guard, guard.shipped, THRESHOLD).refusal is Refusal.FEW_CRYING


def test_swapped_labels_are_refused() -> None:
    home, guard = home_with_a_false_alarm()
    swapped = replace(home, is_crying=~home.is_crying)

    assert hold_lesson(swapped, guard, guard.shipped, THRESHOLD).refusal is Refusal.SWAPPED


def test_a_home_whose_cat_is_heard_better_than_its_baby_may_insist_on_its_labels() -> None:
    home, guard = home_with_a_false_alarm()
    features = home.features.copy()
    # The last feature is the prediction of a baby's cry, so this baby is hardly heard.
    features[home.is_crying, -1] -= 12.0
    hard = replace(home, features=features)
    refused = hold_lesson(hard, guard, guard.shipped, THRESHOLD)
    insisted = hold_lesson(hard, guard, guard.shipped, THRESHOLD, has_listened_again=True)

    assert refused.refusal is Refusal.SWAPPED
    assert insisted.refusal is not Refusal.SWAPPED
    assert insisted.head is not None


def test_cries_that_are_labelled_as_a_cat_are_named_and_refused_until_the_parent_has_listened_again() -> None:
    home, guard = home_with_a_false_alarm()
    scores = guard.shipped.scores(home.features)
    slips = np.flatnonzero(home.is_crying & (scores >= 0.92))[:2]
    labels = home.is_crying.copy()
    labels[slips] = False
    wrong = replace(home, is_crying=labels)
    lesson = hold_lesson(wrong, guard, guard.shipped, THRESHOLD)
    insisted = hold_lesson(wrong, guard, guard.shipped, THRESHOLD, has_listened_again=True)

    assert (lesson.refusal, lesson.head) == (Refusal.DOUBTFUL, None)
    assert lesson.doubtful == tuple(sorted(home.recordings[row] for row in slips))
    assert insisted.refusal is not Refusal.DOUBTFUL
    assert insisted.head is not None


def test_a_home_in_which_nothing_goes_wrong_has_nothing_to_learn() -> None:
    home, guard = home_with_a_false_alarm()
    right = (guard.shipped.scores(home.features) >= THRESHOLD) == home.is_crying
    # Each clip that is heard rightly, four times.
    rows = np.repeat(np.flatnonzero(right), 4)
    flawless = HomeExamples(home.features[rows], home.is_crying[rows], tuple(map(str, range(len(rows)))))

    assert hold_lesson(flawless, guard, guard.shipped, THRESHOLD).refusal is Refusal.NOTHING_TO_LEARN


def test_a_second_lesson_begins_with_the_shipped_head_and_is_compared_with_the_taught_one() -> None:
    home, guard = home_with_a_false_alarm()
    first = hold_lesson(home, guard, guard.shipped, THRESHOLD)
    assert first.head is not None
    again = hold_lesson(home, guard, first.head, THRESHOLD)

    assert again.refusal in {Refusal.NOTHING_TO_LEARN, Refusal.SMALL_GAIN}
    assert again.false_alarms.served <= first.false_alarms.taught
    refitted = fit_head(home, guard, THRESHOLD, (guard.shipped,))
    np.testing.assert_allclose(refitted.weights, first.head.weights, atol=1e-6)


def test_the_order_of_the_clips_does_not_matter() -> None:
    home, guard = home_with_a_false_alarm()
    order = np.random.default_rng(1).permutation(len(home.is_crying))
    shuffled = HomeExamples(home.features[order], home.is_crying[order], tuple(home.recordings[k] for k in order))
    one, other = (hold_lesson(each, guard, guard.shipped, THRESHOLD) for each in (home, shuffled))

    assert (one.heard, one.false_alarms, one.refusal) == (other.heard, other.false_alarms, other.refusal)


def home_of_two_rooms() -> tuple[HomeExamples, GuardSet]:
    """Return the home with a cat, whose cries were heard in two rooms: the last ones in the den."""
    home, guard = home_with_a_false_alarm()
    cries = np.flatnonzero(home.is_crying)
    rooms = np.full(len(home.recordings), "nursery", dtype=object)
    rooms[cries[-5:]] = "den"
    return replace(home, rooms=tuple(rooms.tolist())), guard


def test_a_lesson_says_what_it_does_in_each_room() -> None:
    home, guard = home_of_two_rooms()
    lesson = hold_lesson(home, guard, guard.shipped, THRESHOLD)
    assert [one.room for one in lesson.rooms] == ["den", "nursery"]
    assert sum(one.heard.total for one in lesson.rooms) == lesson.heard.total
    assert sum(one.false_alarms.taught for one in lesson.rooms) == lesson.false_alarms.taught
    assert lesson.rooms[0].heard.total == 5
    # One room, or clips that do not say of which, are the house.
    assert hold_lesson(replace(home, rooms=()), guard, guard.shipped, THRESHOLD).rooms == ()
    only_known = replace(home, rooms=tuple(room if room == "den" else "" for room in home.rooms))
    assert hold_lesson(only_known, guard, guard.shipped, THRESHOLD).rooms == ()


@pytest.mark.parametrize(
    ("total", "lost", "more", "is_worse"),
    [(5, 1, 0, False), (5, 2, 0, True), (5, 1, 1, True), (40, 4, 0, False), (40, 5, 0, True), (5, 3, -2, False)],
)
def test_a_room_is_worse_by_more_than_one_recording_or_a_tenth_of_them(
    *, total: int, lost: int, more: int, is_worse: bool
) -> None:
    room = RoomComparison("den", Comparison(total - 3, 5, 5 - lost), Comparison(3, 2, 2 + more))
    assert room.is_worse is is_worse


def test_a_lesson_that_is_better_in_the_house_and_worse_in_a_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    home, guard = home_of_two_rooms()
    worse = RoomComparison("den", Comparison(5, 5, 2), Comparison(3, 0, 0))
    monkeypatch.setattr("tears.own_data.teaching.lesson.compare_rooms", lambda *_: (worse,))
    lesson = hold_lesson(home, guard, guard.shipped, THRESHOLD)
    assert (lesson.refusal, lesson.rooms) == (Refusal.ROOM_WORSE, (worse,))
