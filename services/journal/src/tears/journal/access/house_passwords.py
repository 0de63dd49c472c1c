"""The passwords of the parents and of the guests."""

import logging
import threading

from tears.journal.access.access_file import AccessFile
from tears.journal.access.passwords import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    hash_password,
    is_password,
    new_password,
)
from tears.journal.access.records import KeptPassword
from tears.journal.access.role import Role
from tears.journal.errors import AccessError, StorageError
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)


class HousePasswords:
    """Compares and replaces passwords; while the disk fails, those that were known go on working."""

    def __init__(self, file: AccessFile, clock: Clock, *, first_password: str = "") -> None:
        """Make a password for the parents if there is none, and log it, unless `first_password` is given."""
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[Role, KeptPassword] = {}
        if self._kept(Role.PARENT) is None:
            self._make_first(first_password)

    @property
    def is_chosen(self) -> bool:
        """Whether a parent has chosen the password; not before the first run was finished."""
        kept = self._kept(Role.PARENT)
        return kept is not None and not kept.is_generated

    @property
    def lets_guests_in(self) -> bool:
        """Whether there is a password for guests."""
        return self._kept(Role.GUEST) is not None

    def role_of(self, password: str) -> Role | None:
        """Return whose password it is; None if it is nobody's. Takes a second on a Pi."""
        for role in (Role.PARENT, Role.GUEST):
            kept = self._kept(role)
            if kept is not None and is_password(password, kept.hash):
                return role
        return None

    def replace(self, role: Role, password: str, *, keep_session: str = "", is_generated: bool = False) -> None:
        """Replace a password, and end the stored sessions of its role but the one with the id `keep_session`.

        Raises:
            AccessError: The password is too short or too long, or it is the other role's.
            StorageError: The disk does not take it; the one before stays.
        """
        if not SHORTEST_PASSWORD <= len(password.strip()) <= LONGEST_PASSWORD:
            raise AccessError(
                "A password has {shortest} to {longest} characters.",
                shortest=SHORTEST_PASSWORD,
                longest=LONGEST_PASSWORD,
            )
        other = self._kept(Role.GUEST if role is Role.PARENT else Role.PARENT)
        if other is not None and is_password(password, other.hash):
            raise AccessError("Parents and guests need different passwords.")
        kept = KeptPassword(hash_password(password), is_generated)
        self._file.set_password(role, kept, self._clock.wall_seconds(), keep_session)
        with self._lock:
            self._known[role] = kept

    def remove_guests(self) -> None:
        """Let no guest in any more. Raises StorageError if the disk does not take it."""
        self._file.remove_password(Role.GUEST)
        with self._lock:
            self._known.pop(Role.GUEST, None)

    def _make_first(self, chosen: str) -> None:
        password = chosen or new_password()
        kept = KeptPassword(hash_password(password), is_generated=not chosen)
        with self._lock:
            self._known[Role.PARENT] = kept
        try:
            self._file.set_password(Role.PARENT, kept, self._clock.wall_seconds())
        except StorageError as error:
            logger.warning("the password is good until the journal ends: %s", error)
        if not chosen:
            logger.warning(
                "log in to the pages with the password %s (`./tears journal password` makes another one)", password
            )

    def _kept(self, role: Role) -> KeptPassword | None:
        """Return what is kept of a password, or what was kept when the disk could be read last."""
        try:
            kept = self._file.password(role)
        except StorageError:
            with self._lock:
                return self._known.get(role)
        with self._lock:
            if kept is not None:
                self._known[role] = kept
            elif role is Role.GUEST:
                # Another process has removed it. Parents always have one: a file without it is a new one.
                self._known.pop(role, None)
            return self._known.get(role)
