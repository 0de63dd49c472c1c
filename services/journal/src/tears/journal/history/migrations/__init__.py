"""The versions of the history file, as SQL (`tears.journal.database.migrations`)."""
