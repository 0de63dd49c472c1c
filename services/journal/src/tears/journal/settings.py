"""The journal's settings."""

from typing import Annotated

from msgspec import Meta

from tears.journal.recordings.settings import RecordingSettings


class JournalSettings(RecordingSettings, frozen=True, kw_only=True):
    """Read from `TEARS_JOURNAL_*`."""

    record: Annotated[bool, Meta(description="Also record all that the rooms hear, into `TEARS_JOURNAL_FOLDER`.")] = (
        False
    )
