"""Record the rooms: in a process of its own, or in a thread of the journal."""

import logging
import threading
from pathlib import Path

from tears.journal.errors import JournalError
from tears.journal.metrics import JournalMetrics
from tears.journal.parent_words import parent_words
from tears.journal.recordings.chunk_feed import ChunkFeed
from tears.journal.recordings.folder import RecordingFolder
from tears.journal.recordings.loop import RecordingLoop
from tears.journal.recordings.settings import RecordingSettings
from tears.kit.clock import Clock
from tears.kit.health import Health
from tears.kit.redis_client import connect, describe

logger = logging.getLogger(__name__)

# After an error that ended the recording, the journal begins it again.
_BEGIN_AGAIN_SECONDS = 60.0
NOT_RECORDED = parent_words(
    "What the rooms hear is not recorded at present; the log says why. Listening and alerts go on."
)


def record(
    settings: RecordingSettings, metrics: JournalMetrics, health: Health, clock: Clock, stop: threading.Event
) -> None:
    """Turn chunks into files; block until `stop` is set and the sound in memory is on the disk.

    Raises:
        JournalError: The folder cannot be used, or not all of the sound could be written.
    """
    folder = RecordingFolder(Path(settings.folder), settings.limits, settings.leave_bytes, clock)
    with connect(settings.redis_url) as client, folder:
        # On the way out: (1) the sound in memory becomes files; (2) the folder is free for others.
        RecordingLoop(
            feed=ChunkFeed(client, settings.rooms, clock),
            folder=folder,
            stored=folder.take_stock(),
            segment_seconds=settings.segment_seconds,
            redis_at=describe(settings.redis_url),
            metrics=metrics,
            health=health,
            clock=clock,
            stop=stop,
        ).run()


class RecordingThread:
    """Records beside the rest of the journal, which goes on whatever happens to the recordings."""

    def __init__(
        self, settings: RecordingSettings, metrics: JournalMetrics, clock: Clock, stop: threading.Event
    ) -> None:
        """Start nothing yet. The thread ends after `stop` was set, when what was heard is on the disk."""
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        # Its own, because a full disk must not make the page unreachable, and this loop's progress is not the page's.
        self._health = Health(clock)
        self._is_broken = False
        self._thread = threading.Thread(target=self._run, name="recordings")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_seconds: float | None = None) -> None:
        """Block until the thread has ended, or the time is over."""
        self._thread.join(timeout_seconds)

    @property
    def fault(self) -> str:
        """That nothing is recorded at present, in words that are also the key of their translation; or empty."""
        return NOT_RECORDED if self._is_broken or not self._health.ready().good else ""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                record(self._settings, self._metrics, self._health, self._clock, self._stop)
                self._is_broken = False
            except JournalError as error:
                self._is_broken = True
                logger.warning("the recording ended: %s", error)
            except Exception:
                # The edge of the thread: the page, the history and the clips do without recordings.
                self._is_broken = True
                logger.exception("the recording broke down")
            if not self._stop.is_set():
                self._clock.wait(self._stop, _BEGIN_AGAIN_SECONDS)
