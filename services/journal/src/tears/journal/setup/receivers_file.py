"""The one place that changes `alerts.toml`: checked by the alerter first, then whole or not at all."""

import contextlib
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tears.journal.errors import ReceiversError
from tears.journal.setup.receiver_list import ShownReceiver, shown_receivers
from tears.journal.setup.receivers_edit import (
    ReceiverChange,
    with_changed_receiver,
    with_receiver,
    without_receiver,
)
from tears.kit.commands.receivers_draft import draft_of
from tears.kit.files import PRIVATE_FILE_MODE, reason_and_cure, sync_folder, write_whole

# As in the alerter: a larger file is no list of receivers.
MOST_ALERTS_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiversNow:
    """The file as it is now.

    Attributes:
        is_there: whether there is a file.
        seen: stands for the content of the file; a change must name what its form was made from.
    """

    is_there: bool = False
    receivers: tuple[ShownReceiver, ...] = ()
    seen: str = ""


class ReceiversFile:
    """Reads and changes the file. Safe to use from any thread; every method blocks on the disk.

    All methods raise ReceiversError, whose message is for a parent and shows no URL.
    """

    def __init__(self, path: Path, check: Callable[[], str]) -> None:
        """Read nothing yet.

        `check` lets the alerter judge the draft beside the file, and returns what it has to say about it, such as hours
        at which nobody would be told. It raises ReceiversError if the draft cannot be used or nobody judges it.
        """
        self.path = path
        self._check = check
        self._lock = threading.Lock()

    def read(self) -> ReceiversNow:
        """Return the receivers; none if there is no file yet."""
        text = self._text()
        return ReceiversNow(is_there=self.path.exists(), receivers=tuple(shown_receivers(text)), seen=_mark_of(text))

    def add(self, change: ReceiverChange, seen: str) -> str:
        """Add a receiver, and return what the alerter says about the new list."""
        return self._change(seen, lambda text: with_receiver(text, change))

    def change(self, name: str, change: ReceiverChange, seen: str) -> str:
        """Change a receiver, and return what the alerter says about the new list."""
        return self._change(seen, lambda text: with_changed_receiver(text, name, change))

    def remove(self, name: str, seen: str) -> str:
        """Remove a receiver, and return what the alerter says about the new list."""
        return self._change(seen, lambda text: without_receiver(text, name))

    def _change(self, seen: str, edit: Callable[[str], str]) -> str:
        with self._lock:
            text = self._text()
            self._require_seen(text, seen)
            draft = draft_of(self.path)
            try:
                self._write_draft(draft, edit(text))
                words = self._check()
                # An editor may have saved the file while the alerter looked at the draft.
                self._require_seen(self._text(), seen)
                draft.replace(self.path)
                sync_folder(self.path.parent)
            except OSError as error:
                raise ReceiversError(
                    "The file of receivers cannot be changed: {reason}", reason=reason_and_cure(error)
                ) from error
            finally:
                with contextlib.suppress(OSError):
                    draft.unlink(missing_ok=True)
            return words

    def _write_draft(self, draft: Path, text: str) -> None:
        """Write the draft with the rights of the file, so that the alerter may read what takes its place."""
        found = self.path.stat() if self.path.exists() else None
        write_whole(draft, text.encode(), mode=PRIVATE_FILE_MODE)
        if found is None:
            return
        if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
            # Without the right to that, the group of the folder decides, and the check shows whether it suffices.
            with contextlib.suppress(OSError):
                os.chown(draft, -1, found.st_gid)
        draft.chmod(found.st_mode & 0o777)

    def _text(self) -> str:
        try:
            with open(self.path, "rb", opener=_open_at_once) as file:
                is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                content = file.read(MOST_ALERTS_BYTES + 1) if is_file else b""
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise ReceiversError(
                "The file of receivers cannot be read: {reason}", reason=reason_and_cure(error)
            ) from error
        if not is_file:
            raise ReceiversError("The file of receivers is no file. Put one in its place.")
        if len(content) > MOST_ALERTS_BYTES:
            raise ReceiversError("The file of receivers is too large to be a list of receivers.")
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise ReceiversError("The file of receivers is not UTF-8 text. Correct it in an editor.") from error

    @staticmethod
    def _require_seen(text: str, seen: str) -> None:
        if _mark_of(text) != seen:
            raise ReceiversError("The receivers were changed elsewhere. Look at them again, and repeat your change.")


def _open_at_once(path: str, flags: int) -> int:
    # A pipe that nobody writes to would hold up whoever opens it, for good.
    return os.open(path, flags | os.O_NONBLOCK)


def _mark_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
