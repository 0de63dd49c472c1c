"""From answers on the pages to a taught ear on trial, in use, and back: with the real model server and real clips."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.home_clips import DOLL_SEEDS, cry, doll
from support.journal.kept_history import MORNING
from support.journal.served_pages import ServedPages
from support.journal.teachable_house import LESSON_SECONDS, RATE_HZ, TeachableHouse, teachable_house
from support.waiting import wait_until

from tears.audio.format import Int16Array, pcm_from_samples
from tears.journal.access.role import Role
from tears.journal.history import Verdict
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_record import LessonState
from tears.kit.clock import ManualClock
from tears.kit.messages import AudioChunk
from tears.samples.voices.babies import BABIES


@pytest.fixture
def house(tmp_path: Path) -> Iterator[TeachableHouse]:
    with teachable_house(tmp_path) as house:
        yield house


@pytest.fixture
def pages(house: TeachableHouse) -> Iterator[ServedPages]:
    parts = JournalParts(
        settings=JournalSettings(port=0), clock=ManualClock(MORNING), history=house.history, teaching=house.teaching
    )
    with ServedPages(parts) as pages:
        yield pages


def chunks_of(sound: Int16Array, session: str) -> Iterator[AudioChunk]:
    for second in range(len(sound) // RATE_HZ):
        part = sound[second * RATE_HZ : (second + 1) * RATE_HZ]
        yield AudioChunk(
            mic="nursery",
            session=session,
            first_sample=second * RATE_HZ,
            sample_rate_hz=RATE_HZ,
            channels=1,
            pcm=pcm_from_samples(part),
            captured_at_seconds=MORNING + second + 1,
        )


def test_answers_become_a_taught_ear_that_is_tried_used_and_taken_back(
    house: TeachableHouse, pages: ServedPages
) -> None:
    house.answers()
    page = pages.get("/teach").text
    assert "8 sounds that are crying" in page
    assert "8 sounds that are something else" in page

    assert pages.post("/teach").status == 303
    house.wait_for(LessonState.OFFERED, LessonState.REFUSED, LessonState.FAILED)
    record = house.teaching.record
    assert record.state is LessonState.OFFERED, record
    assert record.figures is not None
    assert record.figures.false_alarms.taught <= record.figures.false_alarms.served / 2
    assert record.figures.heard.taught == record.figures.heard.total
    assert "The taught ear is better" in pages.get("/teach").text
    assert not (house.folder / "teaching" / "clips").exists()

    # On trial it hears what the pipeline hears, and decides nothing.
    # Some dolls are still a cry in one of their windows, because the taught ear has heard only another one of them.
    whimper = doll(DOLL_SEEDS[5])
    for chunk in chunks_of(np.tile(whimper, 2), "s1"):
        house.teaching.trial.heard("nursery", chunk)
    wait_until(lambda: sum(map(len, house.teaching.trial_scores().values())) >= 6, LESSON_SECONDS)
    rows = house.teaching.trial_scores()["nursery"]
    score, version = house.score(whimper)
    assert (rows["served"][0], version) == (int(100 * score), 1)
    assert rows["taught"].max() < 55 <= rows["served"].max()
    view = pages.get("/api/v1/teaching").json
    assert (view["trial"]["served_alerts"], view["trial"]["taught_alerts"]) == (1, 0)
    assert "the taught ear would have given no alert" in pages.get("/teach").text

    before = house.score(whimper)
    assert pages.post("/teach/use", form_at="/teach").status == 303
    wait_until(lambda: house.score(whimper)[1] == 2, LESSON_SECONDS)
    assert house.score(whimper)[0] < 0.55 <= before[0]
    assert house.teaching.trial_scores() == {}
    assert "A taught ear is in use" in pages.get("/teach").text

    reply = pages.post("/api/v1/teach/back", form_at="/teach")
    assert (reply.status, reply.json["lesson"]["state"], reply.json["is_taught"]) == (200, "none", False)
    wait_until(lambda: house.score(whimper) == before, LESSON_SECONDS)
    assert "A taught ear is in use" not in pages.get("/teach").text


def test_one_sided_and_doubtful_answers_are_refused_with_what_to_do(house: TeachableHouse, pages: ServedPages) -> None:
    for number in range(6):
        house.answer(f"cry-{number}", number, cry(BABIES[number], number), Verdict.CRYING)
    pages.post("/teach")
    house.wait_for(LessonState.REFUSED, LessonState.FAILED)
    assert "too few sounds that are something else" in pages.get("/teach").text
    # Real crying that somebody called a cat.
    for number in range(6, 12):
        house.answer(
            f"slip-{number}", number, cry(BABIES[number % 6], number), Verdict.CAT if number < 11 else Verdict.CRYING
        )
    pages.post("/teach")
    wait_until(lambda: house.teaching.record.figures is not None and bool(house.teaching.record.figures.doubtful), 60)
    house.wait_for(LessonState.REFUSED)
    page = pages.get("/teach").text
    assert "/episodes/slip-6" in page
    assert "/episodes/cry-1" not in page
    assert "Tears stays as it is" in page


def test_a_guest_looks_and_cannot_teach(house: TeachableHouse, pages: ServedPages) -> None:
    pages.log_in(Role.GUEST)

    assert "<button" not in pages.get("/teach").text.split("<main")[1].split("</main")[0]
    assert pages.post("/teach").status == 403
    assert house.teaching.record.state is LessonState.NONE


def test_without_a_model_server_the_lesson_fails_in_words_and_the_trial_waits(house: TeachableHouse) -> None:
    house.answers()
    alone = house.make("localhost:1")
    alone.teach()
    wait_until(lambda: alone.record.state is not LessonState.RUNNING, LESSON_SECONDS)

    assert alone.record.state is LessonState.FAILED
    assert "The model server at localhost:1 does not answer" in alone.record.fault


def test_a_taught_ear_outlives_a_restart_and_a_lesson_that_was_cut_off_does_not(house: TeachableHouse) -> None:
    house.answers()
    house.teaching.teach()
    assert house.make("localhost:1").record.state is LessonState.NONE
    house.wait_for(LessonState.OFFERED)

    assert house.make("localhost:1").record == house.teaching.record
    house.teaching.discard()
    assert house.make("localhost:1").record.state is LessonState.NONE
