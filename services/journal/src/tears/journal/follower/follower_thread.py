"""The thread of the follower."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tears.journal.follower.follower_metrics import FollowerMetrics
from tears.journal.follower.listeners import Listeners
from tears.journal.follower.stream_follower import StreamFollower
from tears.journal.history.history_file import HistoryFile
from tears.journal.recordings.settings import DAY_SECONDS
from tears.journal.settings import JournalSettings
from tears.kit.redis_client import connect
from tears.kit.service import Service


@contextmanager
def following(service: Service[JournalSettings], history: HistoryFile, listeners: Listeners) -> Iterator[None]:
    """Follow the streams until the end of the block, which sets `service.stop`; then write what was heard.

    The history is read and written in a thread of its own, with a connection to Redis of its own.
    """
    settings = service.settings
    with connect(settings.redis_url) as client:
        follower = StreamFollower(
            client,
            history,
            listeners,
            cry_label=settings.cry_label,
            kept_seconds=settings.history_days * DAY_SECONDS,
            metrics=FollowerMetrics(),
            health=service.health,
            clock=service.clock,
            stop=service.stop,
        )
        thread = threading.Thread(target=follower.run, name="follower")
        thread.start()
        try:
            yield
        finally:
            service.stop.set()
            thread.join()
