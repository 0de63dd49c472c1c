"""From answers on the pages to a taught ear on trial, in use, and back: with the real model server and real clips."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.model_server.served import Client, port_of, serving
from prometheus_client import CollectorRegistry
from support.home_clips import DOLL_SEEDS, cry, doll
from support.journal.kept_history import MORNING, crying, keep, open_history
from support.journal.served_pages import ServedPages
from support.places import SHIPPED_VERSION
from support.waiting import wait_until

from tears.audio.format import Int16Array, pcm_from_samples
from tears.audio.window import make_model_input
from tears.journal.access.role import Role
from tears.journal.history import ClipState, KeptClip, Verdict
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_material import LessonMaterial
from tears.journal.teaching.lesson_record import LessonState
from tears.journal.teaching.taught_house import TaughtHouse
from tears.journal.teaching.teaching_metrics import TeachingMetrics
from tears.kit.clock import ManualClock, SystemClock
from tears.kit.messages import AudioChunk
from tears.samples.voices.babies import BABIES
from tears.tfserving import tensors

RATE_HZ = 22_050
LESSON_SECONDS = 120.0


class FlacFolder:
    """Clips as the journal keeps them: from 10 s before the second that alerted to 5 s after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, clip_id: str) -> Path | None:
        found = self.folder / f"{clip_id}.flac"
        return found if found.is_file() else None

    def add(self, clip_id: str, sound: Int16Array) -> float:
        quiet = np.random.default_rng(1).integers(-8, 9, 15 * RATE_HZ).astype(np.int16)
        # The window that alerted ends one second after the episode's begin, which is 10 s into the clip.
        place = slice(6 * RATE_HZ, 11 * RATE_HZ)
        quiet[place] += sound
        soundfile.write(self.folder / f"{clip_id}.flac", quiet, RATE_HZ)
        return 15.0


class House:
    """A journal with answers, a model server, and pages."""

    def __init__(self, folder: Path, client: Client, server: str, models: Path) -> None:
        self.client, self.models, self.folder = client, models, folder
        self.history = open_history(folder)
        self.clips = FlacFolder(folder)
        self.stop = threading.Event()
        self.teaching = self.make(server)

    def make(self, server: str) -> TaughtHouse:
        return TaughtHouse(
            folder=self.folder / "teaching",
            models=self.models,
            server=server,
            material=LessonMaterial(self.history, self.clips),
            threshold=0.55,
            metrics=TeachingMetrics(CollectorRegistry()),
            clock=SystemClock(),
            stop=self.stop,
        )

    def answer(self, clip_id: str, number: int, sound: Int16Array, verdict: Verdict) -> None:
        """Keep an episode with its sound and a parent's answer; the sounds are ten minutes apart."""
        began_at = MORNING - 600 * (number + 1)
        keep(self.history, crying(clip_id, began_at, seconds=7.0))
        seconds = self.clips.add(clip_id, sound)
        self.history.set_clip(clip_id, KeptClip(state=ClipState.KEPT, from_at=began_at - 10, seconds=seconds))
        self.history.label("nursery", began_at, began_at + 7, verdict, made_by="parent", episode_id=clip_id)

    def answers(self) -> None:
        for number, seed in enumerate(DOLL_SEEDS):
            self.answer(f"cry-{number}", 2 * number, cry(BABIES[(0, 1, 4, 5)[number % 4]], number), Verdict.CRYING)
            self.answer(f"doll-{number}", 2 * number + 1, doll(seed), Verdict.TOY)

    def wait_for(self, *states: LessonState) -> None:
        wait_until(lambda: self.teaching.record.state in states, LESSON_SECONDS)

    def score(self, sound: Int16Array) -> tuple[float, int]:
        answer = self.client.predict("cry", {"waveform": make_model_input(sound)[np.newaxis]})
        return tensors.numbers(answer.outputs["crying"])[0], answer.model_spec.version.value


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    models = tmp_path / "models" / "cry"
    shutil.copytree(SHIPPED_VERSION, models / "1")
    with serving(models, tmp_path / "server.log") as (process, client):
        wait_until(lambda: client.states("cry").get(1) == "AVAILABLE")
        house = House(tmp_path, client, f"localhost:{port_of(process)}", models)
        house.teaching.start()
        yield house
        house.stop.set()
        house.teaching.join()
        house.history.close()


@pytest.fixture
def pages(house: House) -> Iterator[ServedPages]:
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


def test_answers_become_a_taught_ear_that_is_tried_used_and_taken_back(house: House, pages: ServedPages) -> None:
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
    whimper = doll(DOLL_SEEDS[0])
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

    assert pages.post("/teach/back", form_at="/teach").status == 303
    wait_until(lambda: house.score(whimper) == before, LESSON_SECONDS)
    assert "A taught ear is in use" not in pages.get("/teach").text


def test_one_sided_and_doubtful_answers_are_refused_with_what_to_do(house: House, pages: ServedPages) -> None:
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


def test_a_guest_looks_and_cannot_teach(house: House, pages: ServedPages) -> None:
    pages.log_in(Role.GUEST)

    assert "<button" not in pages.get("/teach").text.split("<main")[1].split("</main")[0]
    assert pages.post("/teach").status == 403
    assert house.teaching.record.state is LessonState.NONE


def test_without_a_model_server_the_lesson_fails_in_words_and_the_trial_waits(house: House) -> None:
    house.answers()
    alone = house.make("localhost:1")
    alone.teach()
    wait_until(lambda: alone.record.state is not LessonState.RUNNING, LESSON_SECONDS)

    assert alone.record.state is LessonState.FAILED
    assert "The model server at localhost:1 does not answer" in alone.record.fault


def test_a_taught_ear_outlives_a_restart_and_a_lesson_that_was_cut_off_does_not(house: House) -> None:
    house.answers()
    house.teaching.teach()
    assert house.make("localhost:1").record.state is LessonState.NONE
    house.wait_for(LessonState.OFFERED)

    assert house.make("localhost:1").record == house.teaching.record
    house.teaching.discard()
    assert house.make("localhost:1").record.state is LessonState.NONE
