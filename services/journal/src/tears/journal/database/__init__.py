"""SQLite files of the journal: opened by several threads, brought up to date, and replaced when they are damaged."""

from tears.journal.database.migrations import load_migrations
from tears.journal.database.sqlite_file import SqliteFile

__all__ = ["SqliteFile", "load_migrations"]
