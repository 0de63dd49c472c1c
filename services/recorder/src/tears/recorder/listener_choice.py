"""Open what the settings ask to listen to: a microphone, a camera or a recording."""

from __future__ import annotations

import threading
from pathlib import Path

from tears.kit.clock import Clock
from tears.recorder.capture.camera.stream_plan import stream_plan
from tears.recorder.capture.live_listener import LiveListener
from tears.recorder.capture.mic_supervisor import MicSupervisor
from tears.recorder.capture.microphone.device_plan import device_plan
from tears.recorder.capture.recording.paced_source import PacedSource
from tears.recorder.capture.source import Listener, OneSession
from tears.recorder.settings import RecorderSettings

# A recording that is played in real time comes in blocks of this length, as from a microphone.
PACED_BLOCK_SECONDS = 0.1


def open_listener(
    settings: RecorderSettings, supervisor: MicSupervisor | None, clock: Clock, stop: threading.Event
) -> Listener:
    """Return what to listen to; it has a `supervisor` if and only if it is live.

    Raises:
        SourceError: The recording cannot be used.
    """
    if supervisor is not None:
        plan = stream_plan(settings.input) if settings.input else device_plan(settings.device_choice)
        return LiveListener(plan, supervisor, clock, stop)
    # A recorder that captures live sound needs no decoders in its memory.
    from tears.recorder.capture.recording.file_source import FileSource  # noqa: PLC0415

    path = Path(settings.input)
    if settings.pace == "fast":
        return OneSession(FileSource(path, settings.chunk_seconds))
    return OneSession(PacedSource(FileSource(path, PACED_BLOCK_SECONDS), clock, stop))
