"""The settings of the journal."""

from tears.journal.recordings.settings import RecordingSettings
from tears.journal.settings import JournalSettings

GIB = 2**30


def test_recordings_end_before_the_disk_is_too_full_for_clips() -> None:
    assert JournalSettings(leave_gib=0.5, clip_leave_gib=1.0).leave_bytes == 1.25 * GIB
    assert JournalSettings(leave_gib=5.0, clip_leave_gib=1.0).leave_bytes == 5 * GIB
    assert JournalSettings(leave_gib=0.5, clip_leave_gib=1.0, clips=False).leave_bytes == 0.5 * GIB
    # `tears record` has no clips.
    assert RecordingSettings(leave_gib=0.5).leave_bytes == 0.5 * GIB
