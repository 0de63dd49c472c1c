"""What can be wrong with a database, in words for a parent. No I/O."""

import enum
import errno
import sqlite3
from types import MappingProxyType

from tears.journal.parent_words import parent_words
from tears.kit.files.sqlite import is_damage


class StorageFault(enum.StrEnum):
    """What is wrong, with the cure; the words are also the key of their translation."""

    NONE = ""
    DAMAGED = parent_words(
        "The history on the disk was damaged. It is kept beside a new one, which begins with what could be read."
    )
    NEWER = parent_words(
        "The history on the disk was written by a newer release of Tears. It is kept beside the new one, which begins "
        "empty. Update Tears to see it again."
    )
    FULL = parent_words("The disk is full, so nothing new is kept. Free space on it; listening and alerts go on.")
    READ_ONLY = parent_words(
        "The folder of the journal cannot be written, so nothing new is kept. Let the journal's user write there; "
        "listening and alerts go on."
    )
    BUSY = parent_words(
        "Another program keeps the journal's file to itself, so nothing new is kept. Close that program; listening and "
        "alerts go on."
    )
    FAILING = parent_words("The disk fails, so nothing new is kept. Replace it; listening and alerts go on.")


_FAULTS_BY_CODE = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: StorageFault.FULL,
        sqlite3.SQLITE_READONLY: StorageFault.READ_ONLY,
        sqlite3.SQLITE_CANTOPEN: StorageFault.READ_ONLY,
        sqlite3.SQLITE_PERM: StorageFault.READ_ONLY,
        sqlite3.SQLITE_BUSY: StorageFault.BUSY,
        sqlite3.SQLITE_LOCKED: StorageFault.BUSY,
    }
)
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
# The number of the error itself is in the lower byte; the rest says more about it.
_ERROR_BITS = 0xFF


def fault_of(error: Exception) -> StorageFault:
    """Return what an error of SQLite, or of the operating system, says about the file."""
    if is_damage(error):
        return StorageFault.DAMAGED
    if isinstance(error, OSError):
        return StorageFault.FULL if error.errno in _NO_SPACE else StorageFault.READ_ONLY
    code = getattr(error, "sqlite_errorcode", None)
    return _FAULTS_BY_CODE.get((code or 0) & _ERROR_BITS, StorageFault.FAILING)
