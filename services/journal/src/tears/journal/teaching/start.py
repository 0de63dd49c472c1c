"""Make what teaching stands on."""

import threading
from pathlib import Path

from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_material import ClipFiles, LabelledHistory, LessonMaterial
from tears.journal.teaching.taught_house import TaughtHouse
from tears.journal.teaching.teaching_metrics import TeachingMetrics
from tears.kit.clock import Clock
from tears.policy.parameters import Policy


def make_teaching(
    settings: JournalSettings, history: LabelledHistory, clips: ClipFiles, clock: Clock, stop: threading.Event
) -> TaughtHouse:
    """Return the lessons of this house; nothing runs yet."""
    return TaughtHouse(
        folder=Path(settings.data) / "teaching",
        models=Path(settings.models) if settings.models else None,
        server=settings.model_server,
        material=LessonMaterial(history, clips),
        threshold=Policy().open_threshold,
        metrics=TeachingMetrics(),
        clock=clock,
        stop=stop,
    )
