"""Make the parts of the journal, and start their threads."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tears.journal.access.access_file import ACCESS_FILE, AccessFile
from tears.journal.access.access_metrics import AccessMetrics
from tears.journal.access.house_access import HouseAccess
from tears.journal.clips.start import make_clips
from tears.journal.follower.follower_thread import following
from tears.journal.follower.listeners import Listeners
from tears.journal.history import HistoryFile
from tears.journal.history.history_file import HISTORY_FILE_NAME
from tears.journal.live import open_live_house
from tears.journal.live.live_metrics import LiveMetrics
from tears.journal.metrics import JournalMetrics
from tears.journal.parts import JournalParts
from tears.journal.recordings.recording_thread import RecordingThread
from tears.journal.settings import JournalSettings
from tears.journal.setup.house_setup import HouseSetup
from tears.journal.setup.room_naming import RoomNaming
from tears.journal.teaching.start import make_teaching
from tears.kit.redis_client import connect
from tears.kit.service import Service


@contextlib.contextmanager
def assembled(service: Service[JournalSettings]) -> Iterator[JournalParts]:
    """Yield the parts; when the block ends, set `service.stop`, and wait for the threads.

    A part that cannot do its work says so on its page and in the log, and everything else goes on.
    """
    settings, clock, stop = service.settings, service.clock, service.stop
    data = Path(settings.data)
    metrics = JournalMetrics()
    if settings.page_url:
        metrics.page.labels(settings.page_url).set(1)
    with contextlib.ExitStack() as opened:
        client = opened.enter_context(connect(settings.redis_url))
        history = HistoryFile(data / HISTORY_FILE_NAME, clock)
        opened.callback(history.close)
        naming = RoomNaming(history, client, clock)
        access = HouseAccess(
            AccessFile(data / ACCESS_FILE, clock),
            clock,
            first_password=settings.first_password,
            metrics=AccessMetrics(),
        )
        opened.callback(access.close)
        live = opened.enter_context(open_live_house(LiveMetrics(), clock, naming.name_of))
        recordings = RecordingThread(settings, metrics, clock, stop) if settings.record else None
        if recordings is not None:
            recordings.start()
            opened.callback(recordings.join)
        clips, clips_thread = make_clips(settings, history, client, metrics, clock, stop)
        clips_thread.start()
        opened.callback(clips_thread.join)
        teaching = make_teaching(settings, history, clips, client, clock, stop)
        teaching.start()
        opened.callback(teaching.join)
        listeners = Listeners(
            sound=[live.rooms, live.sound, teaching.trial],
            detections=[live.rooms],
            episodes=[live.rooms, clips_thread] if settings.clips else [live.rooms],
            registry=[live.rooms, naming],
        )
        opened.enter_context(following(service, history, listeners))
        # The threads end by it.
        opened.callback(stop.set)
        yield JournalParts(
            settings=settings,
            clock=clock,
            history=history,
            clips=clips,
            recordings=recordings,
            live=live,
            access=access,
            naming=naming,
            setup=HouseSetup(client, settings.alerts_file, data),
            teaching=teaching,
            redis=client,
        )
