"""The browsers that have logged in."""

import hashlib
import logging
import secrets
import threading
import uuid
from collections import OrderedDict
from typing import Final

import msgspec

from tears.journal.access.access_file import MOST_SESSIONS, AccessFile
from tears.journal.access.records import HouseSession
from tears.journal.access.role import Role
from tears.journal.errors import StorageError
from tears.kit.clock import Clock, wall_clock_fault

logger = logging.getLogger(__name__)

# A browser that was not there for so long has to log in again.
SESSION_SECONDS: Final = 90 * 86_400.0
_SEEN_EVERY_SECONDS = 3_600.0
SECRET_BYTES = 32


class HouseSessions:
    """Begins, finds and ends sessions.

    While the disk fails, those who were in stay in, and a new login lasts until the journal ends.
    """

    def __init__(self, file: AccessFile, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._remembered: OrderedDict[bytes, HouseSession] = OrderedDict()

    def begin(self, role: Role, device: str) -> str:
        """Return the secret of a new session, which only its browser may know."""
        secret, now = secrets.token_urlsafe(SECRET_BYTES), self._clock.wall_seconds()
        session = HouseSession(id=uuid.uuid4().hex, role=role, device=device, made_at=now, seen_at=now)
        try:
            self._file.add_session(digest_of(secret), session)
        except StorageError as error:
            logger.warning("a login is good until the journal ends: %s", error)
            session = msgspec.structs.replace(session, is_saved=False)
        self._remember(digest_of(secret), session)
        return secret

    def find(self, secret: str) -> HouseSession | None:
        """Return the session of a secret; None if there is none, or its time is over."""
        digest = digest_of(secret)
        with self._lock:
            remembered = self._remembered.get(digest)
        try:
            found = self._file.session(digest)
        except StorageError:
            found = remembered
        else:
            # What the disk has refused is only in memory. What it has no more was ended, perhaps by another process.
            found = found or (remembered if remembered is not None and not remembered.is_saved else None)
            self._remember(digest, found)
        return None if found is None or self._is_over(found) else self._seen(digest, found)

    def list_all(self) -> list[HouseSession]:
        """Return all sessions, the last seen first."""
        with self._lock:
            unsaved = [one for one in self._remembered.values() if not one.is_saved]
        try:
            return [*unsaved, *self._file.sessions()]
        except StorageError:
            return unsaved

    def end(self, session_id: str) -> bool:
        """End a session; return whether there was one. Raises StorageError if it may come back with the disk."""
        with self._lock:
            found = [(digest, one) for digest, one in self._remembered.items() if one.id == session_id]
            for digest, _ in found:
                del self._remembered[digest]
        return any(not one.is_saved for _, one in found) or self._file.end_session(session_id)

    def forget(self, role: Role, keep_session: str = "") -> None:
        """Forget the sessions of a role that are in memory, but the one with the id `keep_session`."""
        with self._lock:
            for digest in [one for one, kept in self._remembered.items() if kept.role is role]:
                if self._remembered[digest].id != keep_session:
                    del self._remembered[digest]

    def _seen(self, digest: bytes, session: HouseSession) -> HouseSession:
        now = self._clock.wall_seconds()
        if now - session.seen_at < _SEEN_EVERY_SECONDS:
            return session
        session = msgspec.structs.replace(session, seen_at=now)
        self._remember(digest, session)
        try:
            self._file.note_seen(session.id, now)
        except StorageError:
            logger.debug("the time of a visit was not noted")
        return session

    def _is_over(self, session: HouseSession) -> bool:
        now = self._clock.wall_seconds()
        # A clock that was not set yet ends nobody's session.
        return not wall_clock_fault(now) and now - session.seen_at > SESSION_SECONDS

    def _remember(self, digest: bytes, session: HouseSession | None) -> None:
        with self._lock:
            self._remembered.pop(digest, None)
            if session is not None:
                self._remembered[digest] = session
            while len(self._remembered) > MOST_SESSIONS:
                self._remembered.popitem(last=False)


def digest_of(secret: str) -> bytes:
    """Return what is kept of a random secret, 32 bytes; it has 256 bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
