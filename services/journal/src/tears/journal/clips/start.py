"""Make the parts that keep clips."""

import math
import threading
from collections.abc import Iterator
from pathlib import Path

import redis

from tears.journal.clips.clip_folder import ClipFolder
from tears.journal.clips.clip_store import ClipStore
from tears.journal.clips.clips_thread import ClipsThread
from tears.journal.clips.cutting.recorded_sound import RecordedSound
from tears.journal.clips.retention import ClipLimits
from tears.journal.clips.stream_cutter import StreamCutter
from tears.journal.errors import ClipStoreError
from tears.journal.history.history_file import HISTORY_FILE_NAME, HistoryFile
from tears.journal.metrics import JournalMetrics
from tears.journal.recordings.settings import DAY_SECONDS
from tears.journal.settings import JournalSettings
from tears.journal.teaching.lesson_material import LessonMaterial, MaterialClip
from tears.kit.clock import Clock, SystemClock
from tears.kit.files import reason_and_cure


def make_clips(
    settings: JournalSettings,
    history: HistoryFile,
    client: redis.Redis,
    metrics: JournalMetrics,
    clock: Clock,
    stop: threading.Event,
) -> tuple[ClipStore, ClipsThread]:
    """Return the store, and the thread that fills it and deletes what is old, which is not started yet.

    With `TEARS_JOURNAL_CLIPS=false` the caller does not tell the thread of episodes, and it only deletes.
    """
    folder = ClipFolder(Path(settings.data) / "clips", clip_limits(settings), clock)
    recordings = RecordedSound(Path(settings.folder))
    store = ClipStore(folder, history, recordings, client, keeps_marks=settings.clips)
    cutter = StreamCutter(client, folder, history, metrics, clock)
    return store, ClipsThread(cutter, metrics, clock, stop, keeps_clips=settings.clips)


def labelled_clips(settings: JournalSettings) -> Iterator[MaterialClip]:
    """Return what parents have labelled, for a command beside a running journal; nothing is changed or deleted.

    Raises ClipStoreError if the folder of the clips cannot be read.
    """
    clock = SystemClock()
    data = Path(settings.data)
    folder = ClipFolder(data / "clips", clip_limits(settings), clock)
    try:
        folder.take_stock()
    except OSError as error:
        raise ClipStoreError(f"{folder.path} cannot be read: {reason_and_cure(error)}") from error
    history = HistoryFile(data / HISTORY_FILE_NAME, clock)
    store = ClipStore(folder, history, RecordedSound(Path(settings.folder)), client=None)
    return LessonMaterial(history, store).clips()


def clip_limits(settings: JournalSettings) -> ClipLimits:
    """Return how many clips the settings keep."""
    return ClipLimits(
        keep_seconds=None if math.isinf(settings.clip_days) else settings.clip_days * DAY_SECONDS,
        keep_bytes=None if math.isinf(settings.clip_gib) else int(settings.clip_gib * 2**30),
        near_misses=settings.near_miss_clips,
        leave_bytes=int(settings.clip_leave_gib * 2**30),
    )
