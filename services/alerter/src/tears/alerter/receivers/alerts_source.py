"""The receivers of the file `alerts.toml`, and a copy of the last good file for a start at which the file is faulty."""

import contextlib
import errno
import logging
from collections.abc import Callable
from pathlib import Path

from tears.alerter.errors import AlerterError, AlertsFileError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.receivers.alerts_watch import ALERTS_FILE, file_identity
from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.rules.alerts_file import read_alerts_text
from tears.alerter.settings import RULES_VARIABLE
from tears.kit.access.link_key import LinkKey
from tears.kit.files import PRIVATE_FILE_MODE, cannot_write, write_whole
from tears.kit.health import Health
from tears.kit.registry.room_names import RoomNames

logger = logging.getLogger(__name__)

# Also a file, or a link to itself, where the folder should be: nobody can have written the file of receivers there.
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_LAST_GOOD_SUFFIX = ".alerts.toml"


def last_good_file_of(state_path: Path) -> Path:
    """Return where an alerter with this state file keeps its copy of the last good file of receivers."""
    return state_path.with_name(f"{state_path.name.removesuffix('.sqlite')}{_LAST_GOOD_SUFFIX}")


class AlertsSource:
    """Reads the receivers from one file; at a start with a faulty file, from the copy of the last good one.

    Attributes:
        path: the file; None if there is to be none.
        receivers: those to begin with.
        judged: the identity of the file just before these were read.
        link_key: the key of the links in the notices of these receivers.
        room_names: what parents call the rooms, for the words of these receivers.
        fault: why the file is not in use, with the cure; empty if it is. Any thread may read it.
    """

    def __init__(
        self,
        path: Path | None,
        last_good_path: Path,
        *,
        parse: Callable[[str, Path], ReceiverSet],
        parse_leniently: Callable[[str, Path], ReceiverSet] | None = None,
        without_file: Callable[[], ReceiverSet],
        link_key: LinkKey | None = None,
        room_names: RoomNames | None = None,
        metrics: AlerterMetrics,
        health: Health,
    ) -> None:
        """Read the file; take the last good one if it is faulty, and `without_file` if there has never been one.

        `parse` makes the receivers of a text, and raises AlertsFileError or NotifyError with the path in its words.
        `parse_leniently` takes more: what earlier releases did. An update must not leave a house without alerts.

        Raises:
            AlertsFileError: The file is faulty, and there is no last good one.
            NotifyError: The same, for a URL.
        """
        self.path = path
        self.link_key = link_key or LinkKey()
        self.room_names = room_names or RoomNames()
        self.fault = ""
        self._last_good_path = last_good_path
        self._parse = parse
        self._parse_leniently = parse_leniently or parse
        self._metrics = metrics
        self._health = health
        self._good_text = ""
        self.judged = None if path is None else file_identity(path)
        self.receivers = without_file() if path is None else self._first_receivers(path, without_file)

    def _first_receivers(self, path: Path, without_file: Callable[[], ReceiverSet]) -> ReceiverSet:
        try:
            return self._read(path)
        except AlerterError as error:
            found, used = self._read_last_good(self._parse), "the receivers are those of the last good file"
            if found is None and (found := self._read_leniently(path)) is not None:
                used = "it is used all the same until it is corrected"
            found = found or self._read_last_good(self._parse_leniently)
            if found is None and _is_missing(error):
                return self._receivers_before(path, without_file())
            if found is None:
                raise
            logger.error("%s; %s", error, used)  # noqa: TRY400 - no fault of ours
            self._health.failed(ALERTS_FILE, f"{error}; {used}")
            self._metrics.rules_reads.labels("refused").inc()
            self._note_fault(str(error))
            return found

    @staticmethod
    def _receivers_before(path: Path, found: ReceiverSet) -> ReceiverSet:
        """Return the receivers as long as there is no file; the page for parents makes it, or its path is wrong."""
        if not found.all_services:
            logger.warning(
                "%s does not exist yet, so nobody will be notified; if you have written one, correct the path in %s",
                path,
                RULES_VARIABLE,
            )
            return found
        level = logging.INFO if path.parent.is_dir() else logging.WARNING
        logger.log(level, "%s does not exist yet; it is used as soon as it does", path)
        return found

    def read_again(self) -> ReceiverSet:
        """Return the receivers of a file that has changed, and keep a copy; raise AlertsFileError or NotifyError."""
        if self.path is None:
            return self.receivers
        try:
            found = self._read(self.path)
        except AlerterError as error:
            self._note_fault(str(error))
            raise
        self.keep()
        return found

    def keep(self) -> None:
        """Keep a copy of the file beside the state, if it has changed; log it if the disk does not take it."""
        if not self._good_text:
            return
        try:
            with contextlib.suppress(AlertsFileError):
                if read_alerts_text(self._last_good_path) == self._good_text:
                    return
            # It holds passwords.
            write_whole(self._last_good_path, self._good_text.encode(), mode=PRIVATE_FILE_MODE, sync_parent=True)
        except OSError as error:
            error.filename = error.filename or str(self._last_good_path)
            logger.warning(
                "no copy of the file of receivers is kept, so a faulty one would stop the next start: %s",
                cannot_write(error),
            )

    def _read_leniently(self, path: Path) -> ReceiverSet | None:
        try:
            return self._parse_leniently(read_alerts_text(path), path)
        except AlerterError:
            return None

    def _read_last_good(self, parse: Callable[[str, Path], ReceiverSet]) -> ReceiverSet | None:
        try:
            return parse(read_alerts_text(self._last_good_path), self._last_good_path)
        except AlerterError as error:
            if not _is_missing(error):
                logger.warning("the copy of the last good file of receivers cannot be used: %s", error)
            return None

    def _read(self, path: Path) -> ReceiverSet:
        text = read_alerts_text(path)
        found = self._parse(text, path)
        self._good_text, self.fault = text, ""
        self._metrics.rules_faulty.set(0)
        return found

    def _note_fault(self, words: str) -> None:
        self.fault = words
        self._metrics.rules_faulty.set(1)


def _is_missing(error: AlerterError) -> bool:
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _NOT_THERE
