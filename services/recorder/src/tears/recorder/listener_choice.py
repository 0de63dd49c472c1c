"""What the settings ask to listen to, and what identifies this start of the recorder."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from tears.kit.clock import Clock
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.settings import without_passwords
from tears.recorder.capture.camera.stream_plan import stream_plan
from tears.recorder.capture.capture_thread import new_session
from tears.recorder.capture.live_listener import Microphone, device_plan
from tears.recorder.capture.mic_supervisor import Vigil
from tears.recorder.capture.recording.paced_source import PacedSource
from tears.recorder.capture.source import Listener, OneSession
from tears.recorder.settings import RecorderSettings

# How often a recording at the sound's own pace hands something on, as a microphone does.
LIVE_BLOCK_SECONDS = 0.1


def open_listener(
    settings: RecorderSettings, make_vigil: Callable[[], Vigil], clock: Clock, stop: threading.Event
) -> tuple[Listener, Vigil | None]:
    """What the settings name, and who watches over it.

    Raises:
        SourceError: it cannot be had.
    """
    if settings.is_live:
        vigil = make_vigil()
        plan = stream_plan(settings.input) if settings.input else device_plan(settings.device_choice)
        return Microphone(plan, vigil, clock, stop), vigil
    # A recorder that captures needs no decoders in its memory.
    from tears.recorder.capture.recording.file_source import FileSource  # noqa: PLC0415

    path = Path(settings.input)
    if settings.pace == "fast":
        return OneSession(FileSource(path, settings.chunk_seconds)), None
    return OneSession(PacedSource(FileSource(path, LIVE_BLOCK_SECONDS), clock, stop)), None


def first_record(settings: RecorderSettings) -> MicRecord:
    """What the registry says before a session has begun: of a microphone, that it is not there."""
    return MicRecord(
        mic=settings.mic,
        sample_rate_hz=0,
        channels=0,
        device=without_passwords(settings.input) or settings.device,
        session=settings.session or new_session(),
        heartbeat_seconds=0.0,
        state=(MicState.ABSENT if settings.is_live else MicState.LISTENING).value,
    )


def owner(settings: RecorderSettings) -> str:
    """Who holds the lease: one process, even if its number comes back after a reboot."""
    return f"{settings.host}:{os.getpid()}:{secrets.token_hex(4)}"
