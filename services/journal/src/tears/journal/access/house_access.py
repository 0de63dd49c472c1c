"""Who may come in. Safe to use from any thread; every method may block on the disk."""

import logging
import secrets
import uuid

from prometheus_client import CollectorRegistry

from tears.journal.access.access_file import MOST_TOKENS, AccessFile
from tears.journal.access.access_metrics import AccessMetrics
from tears.journal.access.house_links import HouseLinks
from tears.journal.access.house_passwords import HousePasswords
from tears.journal.access.house_sessions import SECRET_BYTES, HouseSessions, digest_of
from tears.journal.access.login_attempts import LoginAttempts
from tears.journal.access.records import AccessToken
from tears.journal.access.role import Role
from tears.journal.errors import AccessError, StorageError
from tears.kit.clock import Clock

logger = logging.getLogger(__name__)

_LONGEST_ADDRESS = 64
_TOKEN_BEGINS = "tears_"  # noqa: S105 - how every token begins, so that it is known when it is found somewhere
_LONGEST_TOKEN_NAME = 60


class HouseAccess:
    """Passwords, sessions, tokens and links of one house."""

    def __init__(
        self, file: AccessFile, clock: Clock, *, first_password: str = "", metrics: AccessMetrics | None = None
    ) -> None:
        """Make a password for the parents if there is none, and log it, unless `first_password` is given."""
        self.metrics = metrics or AccessMetrics(CollectorRegistry())
        self._file = file
        self._clock = clock
        self._attempts = LoginAttempts(clock)
        self.passwords = HousePasswords(file, clock, first_password=first_password)
        self.sessions = HouseSessions(file, clock)
        self.links = HouseLinks(file, clock)

    def log_in(self, password: str, *, address: str, device: str) -> str:
        """Return the secret of a new session. Takes a second on a Pi.

        Args:
            password: of the parents, or of the guests.
            address: where the visitor comes from; wrong passwords are counted by it.
            device: what kind of browser it is, in words.

        Raises:
            AccessError: The password is wrong, or there were too many wrong ones.
        """
        role = self._role_of_guess(password, address, Role.GUEST)
        self.metrics.logins.labels("right").inc()
        return self.sessions.begin(role, device)

    def confirm_parent(self, password: str, *, address: str) -> None:
        """Check that somebody who is logged in also knows the parents' password, before they make a lasting key.

        A session may be stolen, or lie open on a table; a password, or a token for a program, outlives it.

        Raises:
            AccessError: As `log_in` does; the password of the guests is a wrong one here.
        """
        self._role_of_guess(password, address, Role.PARENT)

    def _role_of_guess(self, password: str, address: str, least: Role) -> Role:
        wait_seconds = self._attempts.begin(address)
        if wait_seconds > 0:
            self.metrics.logins.labels("refused").inc()
            minutes = int(wait_seconds // 60) + 1
            raise AccessError(
                "There were too many wrong passwords. Wait {minutes} min, and try again.", minutes=minutes
            )
        role = self.passwords.role_of(password)
        if role is None or not role.includes(least):
            self.metrics.logins.labels("wrong").inc()
            # A hundred lines in ten minutes at most, because then nobody may guess any more.
            logger.warning("a wrong password came from %s", address[:_LONGEST_ADDRESS])
            raise AccessError("This password is wrong.")
        self._attempts.succeeded(address)
        return role

    def set_password(self, role: Role, password: str, *, keep_session: str = "", is_generated: bool = False) -> None:
        """Replace a password, and end all sessions of its role but the one with the id `keep_session`.

        Raises:
            AccessError: The password is too short or too long, or it is the other role's.
            StorageError: The disk does not take it; the one before stays.
        """
        self.passwords.replace(role, password, keep_session=keep_session, is_generated=is_generated)
        self.sessions.forget(role, keep_session)

    def end_guests(self) -> None:
        """Let no guest in any more. Raises StorageError if the disk does not take it."""
        self.passwords.remove_guests()
        self.sessions.forget(Role.GUEST)

    def make_token(self, name: str, role: Role) -> tuple[str, AccessToken]:
        """Return a new token for a program, which is shown once, and what is kept of it.

        Raises:
            AccessError: There are too many, or it has no name.
            StorageError: The disk does not take it.
        """
        name = " ".join(name.split())[:_LONGEST_TOKEN_NAME]
        if not name:
            raise AccessError("Give the token a name, so that you know later what it is for.")
        secret = _TOKEN_BEGINS + secrets.token_urlsafe(SECRET_BYTES)
        token = AccessToken(id=uuid.uuid4().hex, name=name, role=role, made_at=self._clock.wall_seconds())
        if not self._file.add_token(digest_of(secret), token):
            raise AccessError("There are {number} tokens already. End one that is not used.", number=MOST_TOKENS)
        return secret, token

    def token(self, secret: str) -> AccessToken | None:
        """Return what is kept of a token; None if there is no such token, or the disk cannot be read."""
        try:
            return self._file.token(digest_of(secret)) if secret.startswith(_TOKEN_BEGINS) else None
        except StorageError:
            return None

    def tokens(self) -> list[AccessToken]:
        """Return all tokens, the newest first."""
        try:
            return self._file.tokens()
        except StorageError:
            return []

    def end_token(self, token_id: str) -> bool:
        """End a token; return whether there was one. Raises StorageError if the disk does not take it."""
        return self._file.end_token(token_id)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
