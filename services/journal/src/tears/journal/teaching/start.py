"""Make what teaching stands on."""

import functools
import threading
from pathlib import Path

import redis

from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_material import ClipFiles, LabelledHistory, LessonMaterial
from tears.journal.teaching.taught_house import TaughtHouse
from tears.journal.teaching.teaching_metrics import TeachingMetrics
from tears.kit.clock import Clock
from tears.kit.registry.rooms import read_rooms
from tears.policy.parameters import Policy


def make_teaching(
    settings: JournalSettings,
    history: LabelledHistory,
    clips: ClipFiles,
    client: redis.Redis,
    clock: Clock,
    stop: threading.Event,
) -> TaughtHouse:
    """Return the lessons of this house; nothing runs yet."""
    return TaughtHouse(
        folder=Path(settings.data) / "teaching",
        models=Path(settings.models) if settings.models else None,
        server=settings.model_server,
        material=LessonMaterial(history, clips),
        threshold=functools.partial(house_threshold, client),
        metrics=TeachingMetrics(),
        clock=clock,
        stop=stop,
    )


def house_threshold(client: redis.Redis) -> float:
    """Return the score at which the most sensitive room alerts; the usual one if no room says, or Redis is away."""
    try:
        known = [room.open_threshold for room in read_rooms(client).values() if room.open_threshold > 0]
    except redis.RedisError:
        known = []
    return min(known, default=Policy().open_threshold)
