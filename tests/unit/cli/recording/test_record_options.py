from pathlib import Path

import pytest

from tears.cli.recording.record import RecordOptions
from tears.journal.recordings.retention import RetentionLimits
from tears.journal.recordings.settings import RecordingSettings
from tears.kit.settings import load_settings


def options(keep_days: float | None = None, keep_gib: float | None = None) -> RecordOptions:
    return RecordOptions(
        out=Path("my recordings"),
        mics=("nursery", "kitchen"),
        redis_url="redis://house:6379/0",
        segment_seconds=20,
        keep_days=keep_days,
        keep_gib=keep_gib,
        leave_gib=0.25,
    )


def test_the_flags_become_the_settings_of_the_journal() -> None:
    settings = load_settings(RecordingSettings, options(keep_days=0.5, keep_gib=2.0).journal_environment())
    assert (settings.folder, settings.rooms) == ("my recordings", ("nursery", "kitchen"))
    assert (settings.redis_url, settings.segment_seconds) == ("redis://house:6379/0", 20)
    assert settings.limits == RetentionLimits(keep_seconds=43_200.0, keep_bytes=2**31)
    assert settings.leave_bytes == 2**28


def test_without_limits_everything_is_kept_whatever_the_environment_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEARS_JOURNAL_KEEP_DAYS", "1")
    monkeypatch.setenv("TEARS_JOURNAL_PROBE_PORT", "none")
    settings = load_settings(RecordingSettings, options().journal_environment())
    assert settings.limits == RetentionLimits()
