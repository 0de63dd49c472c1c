"""Look whether the file of receivers has changed, in a thread of its own, so that reading it delays no alert."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from tears.alerter.errors import AlerterError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.rules.coverage import coverage_warnings
from tears.kit.clock import Clock
from tears.kit.health import Health

logger = logging.getLogger(__name__)

FILE_LOOK_SECONDS = 2.0
ALERTS_FILE = "the file of receivers"

# The device, inode, size and times of change of a file; None if there is none. The last time is also that of a change
# of rights, so a file that could not be read is read again when it may be.
FileIdentity = tuple[int, int, int, int, int] | None


class AlertsWatch:
    """Reads the file again when it has changed. A faulty one is reported, and the receivers stay as they were."""

    def __init__(
        self,
        path: Path,
        read: Callable[[], ReceiverSet],
        metrics: AlerterMetrics,
        health: Health,
        clock: Clock,
        judged: FileIdentity,
        in_use: ReceiverSet | None = None,
    ) -> None:
        """Start nothing yet. The caller has read the file after `judged` was its identity; `read` reads it again.

        `in_use` are the receivers to begin with.
        """
        self._path = path
        self._read = read
        self._metrics = metrics
        self._health = health
        self._clock = clock
        self._stopping = threading.Event()
        self._judged = self._seen = judged
        self._found: ReceiverSet | None = None
        self._unchecked = in_use
        self._thread = threading.Thread(target=self._run, name="alerts-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End without waiting: the thread changes nothing."""
        self._stopping.set()

    def take_found(self) -> ReceiverSet | None:
        """Return the receivers of a file that has changed, once; None if there are none."""
        found, self._found = self._found, None
        return found

    def look(self) -> None:
        """Read the file if it has changed, and warn of rooms and hours in which nobody would be alerted."""
        self._read_if_changed()
        self._warn_of_gaps()

    def _read_if_changed(self) -> None:
        # One that has changed since the last look may be written just now.
        identity = file_identity(self._path)
        is_settled, self._seen = identity == self._seen, identity
        if identity == self._judged or not is_settled:
            return
        self._judged = identity
        try:
            self._found = self._unchecked = self._read()
        except AlerterError as error:
            logger.error("%s; the receivers stay as they were", error)  # noqa: TRY400 - no fault of the code
            self._metrics.rules_reads.labels("refused").inc()
            self._health.failed(ALERTS_FILE, f"{error}; the receivers stay as they were")
            return
        self._metrics.rules_reads.labels("taken").inc()
        self._health.answered(ALERTS_FILE)

    def _warn_of_gaps(self) -> None:
        """Warn of a room that is misspelt in the file: it would be silent for good.

        This takes seconds if there are many rooms and hours, which the alerter's loop does not have.
        """
        found, self._unchecked = self._unchecked, None
        if found is not None and found.rules.receivers:
            for warning in coverage_warnings(found.rules):
                logger.warning("%s; the receivers have only these rooms, kinds and hours", warning)

    def _run(self) -> None:
        while not self._clock.wait(self._stopping, FILE_LOOK_SECONDS):
            try:
                self.look()
            except Exception:
                # The edge of the thread. If it ended, no change would be seen any more, and nobody would know.
                logger.exception("the file of receivers cannot be looked at")


def file_identity(path: Path) -> FileIdentity:
    """Return what tells a file from the one that was there before, or that it was before."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
