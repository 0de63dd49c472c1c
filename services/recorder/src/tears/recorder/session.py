"""What identifies one start of the recorder, and the source that it listens to."""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path

from tears.kit.clock import Clock
from tears.kit.mics import MicRecord
from tears.recorder.file_source import FileSource
from tears.recorder.pace import PacedSource
from tears.recorder.settings import RecorderSettings
from tears.recorder.source import Source

# How often a recording at the sound's own pace hands something on, as a microphone does.
LIVE_BLOCK_SECONDS = 0.1


def open_source(settings: RecorderSettings, clock: Clock, stop: threading.Event) -> Source:
    """The source that the settings name.

    Raises:
        SourceError: it cannot be had.
    """
    path = Path(settings.input)
    if settings.pace == "fast":
        return FileSource(path, settings.chunk_seconds)
    return PacedSource(FileSource(path, LIVE_BLOCK_SECONDS), clock, stop)


def mic_record(settings: RecorderSettings, source: Source, session: str) -> MicRecord:
    """What the registry and the chunks say of this session; nothing was heard yet."""
    return MicRecord(
        mic=settings.mic,
        sample_rate_hz=source.sample_rate_hz,
        channels=source.channels,
        device=source.description,
        session=session,
        heartbeat_seconds=0.0,
    )


def owner(settings: RecorderSettings) -> str:
    """Who holds the lease: one process, even if its number comes back after a reboot."""
    return f"{settings.host}:{os.getpid()}:{secrets.token_hex(4)}"
