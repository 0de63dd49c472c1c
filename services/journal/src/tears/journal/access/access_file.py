"""The file of who may log in: reads and writes its rows. All functions raise StorageError, and block on the disk."""

from pathlib import Path

from tears.journal.access.records import AccessToken, HouseSession, KeptPassword
from tears.journal.access.role import Role
from tears.journal.database import SqliteFile, load_migrations
from tears.kit.clock import Clock

# The browsers of a family; the one that was not there for the longest time makes room for another.
MOST_SESSIONS = 100
MOST_TOKENS = 50
# In the folder of the journal's data.
ACCESS_FILE = "access.sqlite3"
_MIGRATIONS = "tears.journal.access.migrations"
_LINK_KEY = "links"


class AccessFile:
    """`access.sqlite3`. Another process may change it at any time, so nothing is remembered here."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Open the file, and make it if it does not exist."""
        self._file = SqliteFile(path, load_migrations(_MIGRATIONS), clock)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def key(self, new: bytes) -> bytes:
        """Return the key that signs links; it is `new` if there was none."""
        with self._file.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (_LINK_KEY, new))
            row = connection.execute("SELECT value FROM keys WHERE name = ?", (_LINK_KEY,)).fetchone()
        return bytes(row[0])

    def password(self, role: Role) -> KeptPassword | None:
        """Return what is kept of a password; None if there is none."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT hash, is_generated FROM passwords WHERE role = ?", (role.value,)
            ).fetchone()
        return None if row is None else KeptPassword(row[0], bool(row[1]))

    def set_password(self, role: Role, kept: KeptPassword, at: float, keep_session: str = "") -> None:
        """Replace a password, and end the sessions of its role but the one with the id `keep_session`."""
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO passwords VALUES (?, ?, ?, ?)", (role.value, kept.hash, kept.is_generated, at)
            )
            connection.execute("DELETE FROM sessions WHERE role = ? AND id <> ?", (role.value, keep_session))

    def remove_password(self, role: Role) -> None:
        """Let nobody log in with this role any more, and end its sessions."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM passwords WHERE role = ?", (role.value,))
            connection.execute("DELETE FROM sessions WHERE role = ?", (role.value,))

    def add_session(self, digest: bytes, session: HouseSession) -> None:
        """Keep a session, and delete the oldest ones beyond the bound."""
        with self._file.writing() as connection:
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?)",
                (digest, session.id, session.role.value, session.device, session.made_at, session.seen_at),
            )
            connection.execute(
                "DELETE FROM sessions WHERE digest NOT IN (SELECT digest FROM sessions ORDER BY seen_at DESC LIMIT ?)",
                (MOST_SESSIONS,),
            )

    def session(self, digest: bytes) -> HouseSession | None:
        """Return the session of a cookie; None if there is none, or it was ended."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT id, role, device, made_at, seen_at FROM sessions WHERE digest = ?", (digest,)
            ).fetchone()
        return None if row is None else _session(row)

    def sessions(self) -> list[HouseSession]:
        """Return all sessions, the last seen first."""
        with self._file.reading() as connection:
            rows = connection.execute("SELECT id, role, device, made_at, seen_at FROM sessions ORDER BY seen_at DESC")
            return [_session(row) for row in rows]

    def note_seen(self, session_id: str, at: float) -> None:
        """Note when a session was last there."""
        with self._file.writing() as connection:
            connection.execute("UPDATE sessions SET seen_at = ? WHERE id = ?", (at, session_id))

    def end_session(self, session_id: str) -> bool:
        """Delete a session; return whether there was one."""
        with self._file.writing() as connection:
            return connection.execute("DELETE FROM sessions WHERE id = ?", (session_id,)).rowcount > 0

    def add_token(self, digest: bytes, token: AccessToken) -> bool:
        """Keep a token; return False if there are too many."""
        with self._file.writing() as connection:
            (count,) = connection.execute("SELECT count(*) FROM tokens").fetchone()
            if count >= MOST_TOKENS:
                return False
            connection.execute(
                "INSERT INTO tokens VALUES (?, ?, ?, ?, ?)",
                (digest, token.id, token.name, token.role.value, token.made_at),
            )
            return True

    def token(self, digest: bytes) -> AccessToken | None:
        """Return what is kept of a token; None if there is none, or it was ended."""
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT id, name, role, made_at FROM tokens WHERE digest = ?", (digest,)
            ).fetchone()
        return None if row is None else _token(row)

    def tokens(self) -> list[AccessToken]:
        """Return all tokens, the newest first."""
        with self._file.reading() as connection:
            return [
                _token(row)
                for row in connection.execute("SELECT id, name, role, made_at FROM tokens ORDER BY made_at DESC")
            ]

    def end_token(self, token_id: str) -> bool:
        """Delete a token; return whether there was one."""
        with self._file.writing() as connection:
            return connection.execute("DELETE FROM tokens WHERE id = ?", (token_id,)).rowcount > 0


def _session(row: tuple[str, str, str, float, float]) -> HouseSession:
    return HouseSession(id=row[0], role=Role(row[1]), device=row[2], made_at=row[3], seen_at=row[4])


def _token(row: tuple[str, str, str, float]) -> AccessToken:
    return AccessToken(id=row[0], name=row[1], role=Role(row[2]), made_at=row[3])
