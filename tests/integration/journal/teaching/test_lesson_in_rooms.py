"""The page of a lesson in a house with several rooms."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from support.journal.kept_history import open_history
from support.journal.served_pages import ServedPages

from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_record import LessonFigures, LessonRecord, LessonState
from tears.kit.clock import SystemClock
from tears.own_data.teaching.comparison import Comparison, RoomComparison
from tears.own_data.teaching.lesson import Refusal

HOUSE = Comparison(12, 9, 11)
ROOMS = (
    RoomComparison("K_x00FC_che", Comparison(5, 5, 2), Comparison(4, 1, 1)),
    RoomComparison("nursery", Comparison(7, 4, 7), Comparison(6, 5, 0)),
)


@pytest.mark.parametrize(("refusal", "state"), [(Refusal.ROOM_WORSE, LessonState.REFUSED), (None, LessonState.OFFERED)])
def test_a_parent_sees_what_a_lesson_does_in_each_room(
    tmp_path: Path, refusal: Refusal | None, state: LessonState
) -> None:
    figures = LessonFigures(
        threshold=0.55,
        refusal=refusal,
        crying=12,
        other=10,
        heard=HOUSE,
        false_alarms=HOUSE,
        guard_heard=HOUSE,
        guard_false_alarms=HOUSE,
        base_sha256="",
        rooms=ROOMS,
    )
    house = SimpleNamespace(
        record=LessonRecord(state=state, figures=figures), models=tmp_path, is_taught=lambda: False, trial_scores=dict
    )
    history = open_history(tmp_path)
    parts = JournalParts(settings=JournalSettings(port=0), clock=SystemClock(), history=history, teaching=house)
    with ServedPages(parts) as pages:
        page = pages.get("/teach").text
        answer = pages.get("/api/v1/teaching").json
    history.close()
    assert "Küche · <strong>worse</strong>" in page
    assert '<th scope="row">nursery</th>' in page
    assert ("worse in one room after this" in page) == (refusal is not None)
    assert [one["room"] for one in answer["lesson"]["figures"]["rooms"]] == ["K_x00FC_che", "nursery"]
