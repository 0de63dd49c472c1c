"""Each fault of the house is told in words that say what is wrong and what to do."""

import re

import pytest
from support.alerter.notices import english

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import Fact, Notice
from tears.alerter.notices.wording import words_of
from tears.alerter.proof.failed_stage import FailedStage
from tears.alerter.proof.house_faults import PATIENCE, HouseFaults, Trouble

BEGAN_SECONDS = 1_800_000_000.0


def told_and_over(trouble: Trouble, **facts: Fact) -> tuple[Notice, Notice]:
    faults = HouseFaults()
    patience = PATIENCE[trouble.fault]
    notices = []
    for seconds, known in (
        (0.0, facts),
        (patience.fault_seconds, facts),
        (1_000.0, None),
        (1_000.0 + patience.well_seconds, None),
    ):
        notices.append(faults.note(trouble, known, Now(seconds, BEGAN_SECONDS + seconds)))
    told, over = [notice for notice in notices if notice is not None]
    assert (told.kind, over.kind) == (NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN)
    return told, over


@pytest.mark.parametrize("stage", FailedStage)
def test_the_stage_that_does_not_work_is_named_with_what_to_do(stage: FailedStage) -> None:
    told, over = told_and_over(Trouble(ListeningFault.SELF_TEST), stage=stage.value, error="score: 0.02")
    words = english(told)
    assert words.title == "Tears: not listening"
    assert re.search(r"since \d\d:\d\d:\d\d", words.body)
    assert "score" not in words.body
    assert re.search(r"Restart|Go back|End what", words.body)
    assert stage is FailedStage.UNKNOWN or "lost on its way" not in words.body
    assert english(over).title == "Tears: listening again"


@pytest.mark.parametrize(
    ("trouble", "facts", "titles"),
    [
        (
            Trouble(ListeningFault.CLOCK),
            {"error": "the clock shows 1970"},
            ("Tears: the clock is wrong", "Tears: the clock is right again"),
        ),
        (
            Trouble(ListeningFault.RECEIVER, "ntfy"),
            {"receiver": "ntfy", "waiting": 2},
            ("Tears: alerts do not arrive everywhere", "Tears: alerts arrive everywhere again"),
        ),
        (
            Trouble(ListeningFault.RECEIVERS_FILE),
            {"error": "alerts.toml: repeet_seconds is not known"},
            ("Tears: the list of receivers has a fault", "Tears: the list of receivers is right again"),
        ),
        (
            Trouble(ListeningFault.SETTING, "TEARS_ALERTER_HEARTBEAT_URL"),
            {"variable": "TEARS_ALERTER_HEARTBEAT_URL"},
            ("Tears: a setting has a fault", "Tears: the settings are right again"),
        ),
        (
            Trouble(ListeningFault.CLIPPING, "nursery"),
            {},
            ("nursery: distorted sound", "nursery: clear sound again"),
        ),
    ],
    ids=str,
)
def test_a_fault_and_its_end_have_words_of_their_own_in_each_language(
    trouble: Trouble, facts: dict[str, Fact], titles: tuple[str, str]
) -> None:
    notices = told_and_over(trouble, **facts)
    assert tuple(english(notice).title for notice in notices) == titles
    for notice in notices:
        german = words_of(notice, "de", notice.happened_at_seconds)
        assert german.body != english(notice).body
        assert german.title not in titles
