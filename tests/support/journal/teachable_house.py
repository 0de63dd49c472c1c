"""A house that can be taught: a journal with answers about generated sounds, and a real model server."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from integration.model_server.served import Client, port_of, serving
from prometheus_client import CollectorRegistry
from support.home_clips import DOLL_SEEDS, cry, doll
from support.journal.kept_history import MORNING, crying, keep, open_history
from support.places import SHIPPED_VERSION
from support.waiting import wait_until

from tears.audio.format import Int16Array
from tears.audio.window import make_model_input
from tears.journal.history import ClipState, KeptClip, Verdict
from tears.journal.teaching.lesson_material import LessonMaterial
from tears.journal.teaching.lesson_record import LessonState
from tears.journal.teaching.taught_house import TaughtHouse
from tears.journal.teaching.teaching_metrics import TeachingMetrics
from tears.kit.clock import SystemClock
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


class TeachableHouse:
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
            threshold=lambda: 0.55,
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


@contextlib.contextmanager
def teachable_house(folder: Path) -> Iterator[TeachableHouse]:
    """Yield a house without answers, whose model server serves the shipped version."""
    models = folder / "models" / "cry"
    shutil.copytree(SHIPPED_VERSION, models / "1")
    with serving(models, folder / "server.log") as (process, client):
        wait_until(lambda: client.states("cry").get(1) == "AVAILABLE")
        house = TeachableHouse(folder, client, f"localhost:{port_of(process)}", models)
        house.teaching.start()
        yield house
        house.stop.set()
        house.teaching.join()
        house.history.close()
