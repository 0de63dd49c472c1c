"""How each part is, from what Redis says: the part that does not do its work is the one that is named."""

from dataclasses import replace

import pytest

from tears.journal.setup.house_health import (
    MOST_IN_A_QUEUE,
    HouseFacts,
    HousePart,
    PartState,
    QueueNow,
    judge_house,
)
from tears.journal.web.setup.health_words import parts_on_page
from tears.journal.web.words.page_words import PageWords

ENGLISH = PageWords("en")
WELL = HouseFacts(
    has_redis=True,
    listening=2,
    chunks=QueueNow(has_group=True, waiting=1),
    windows=QueueNow(has_group=True, waiting=1, unfinished=1),
    score_age=1.0,
    is_alerter_judging=True,
    self_test_age=30.0,
    self_test_heard_age=25.0,
)
STUCK = QueueNow(has_group=True, waiting=MOST_IN_A_QUEUE)


def troubles(facts: HouseFacts) -> dict[HousePart, PartState]:
    return {one.part: one.state for one in judge_house(facts) if one.state is not PartState.GOOD}


def test_a_house_in_which_all_goes_on_is_well() -> None:
    assert [one.part for one in judge_house(WELL)] == list(HousePart)
    assert not troubles(WELL)


def test_a_redis_with_the_users_of_another_release_is_named_with_the_cure() -> None:
    reports = judge_house(replace(WELL, has_other_rules=True))
    assert troubles(replace(WELL, has_other_rules=True)) == {HousePart.REDIS: PartState.WARNING}
    shown = parts_on_page(reports, ENGLISH)[0]
    assert shown.words == "has not been started again since the update"
    assert "docker compose restart redis" in shown.cure
    full = parts_on_page(judge_house(replace(WELL, memory_share=0.95)), ENGLISH)[0]
    assert full.words == "is nearly full"


def test_without_redis_nothing_is_known_of_the_others() -> None:
    found = troubles(HouseFacts())
    assert found.pop(HousePart.REDIS) is PartState.BAD
    assert set(found.values()) == {PartState.UNKNOWN}
    assert len(found) == len(HousePart) - 1


@pytest.mark.parametrize(
    ("facts", "part", "state"),
    [
        (replace(WELL, memory_share=0.95), HousePart.REDIS, PartState.WARNING),
        (replace(WELL, deaf=1), HousePart.MICROPHONES, PartState.BAD),
        (replace(WELL, chunks=STUCK), HousePart.PREPROCESSOR, PartState.BAD),
        (replace(WELL, chunks=QueueNow()), HousePart.PREPROCESSOR, PartState.BAD),
        (replace(WELL, score_age=60.0, windows=STUCK), HousePart.CLASSIFIER, PartState.BAD),
        (replace(WELL, self_test_heard_age=None, self_test_since=90.0), HousePart.SELF_TEST, PartState.BAD),
        (replace(WELL, self_test_heard_age=None, self_test_since=5.0), HousePart.SELF_TEST, PartState.UNKNOWN),
        (replace(WELL, is_alerter_judging=False, self_test_age=None), HousePart.ALERTER, PartState.BAD),
        (replace(WELL, is_alerter_judging=False, has_unjudged_room=True), HousePart.ALERTER, PartState.BAD),
    ],
)
def test_the_part_that_does_not_do_its_work_is_named(facts: HouseFacts, part: HousePart, state: PartState) -> None:
    assert troubles(facts)[part] is state


def test_windows_that_were_drawn_and_not_finished_wait_for_the_model_server() -> None:
    windows = QueueNow(has_group=True, waiting=MOST_IN_A_QUEUE, unfinished=4)
    found = troubles(replace(WELL, score_age=60.0, windows=windows, chunks=STUCK))
    assert found == {HousePart.MODEL_SERVER: PartState.BAD}


def test_an_alerter_without_anything_to_judge_is_not_blamed() -> None:
    quiet = replace(WELL, is_alerter_judging=False, self_test_age=None, self_test_heard_age=None)
    assert HousePart.ALERTER not in {
        part for part, state in troubles(replace(quiet, score_age=60.0)).items() if state is PartState.BAD
    }


def test_without_microphones_the_self_test_alone_shows_that_the_chain_works() -> None:
    found = troubles(replace(WELL, listening=0, chunks=QueueNow(), score_age=50.0, is_alerter_judging=False))
    assert found == {HousePart.MICROPHONES: PartState.UNKNOWN, HousePart.PREPROCESSOR: PartState.UNKNOWN}
