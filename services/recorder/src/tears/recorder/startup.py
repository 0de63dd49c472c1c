"""Make what the settings describe: what to listen to, the stream to write, and the first record in the registry."""

import os
import secrets
import threading
from pathlib import Path

import redis

from tears.kit.clock import Clock
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.secrets_in_text import without_passwords
from tears.recorder.capture.capture_plan import device_plan, stream_plan
from tears.recorder.capture.capture_thread import new_session
from tears.recorder.capture.live_listener import LiveListener
from tears.recorder.capture.mic_supervisor import MicSupervisor
from tears.recorder.capture.recording.paced_source import PacedSource
from tears.recorder.capture.source import Listener, OneSession
from tears.recorder.publish.chunk_stream import ChunkStream
from tears.recorder.publish.registration import Registration
from tears.recorder.settings import RecorderSettings
from tears.sound_files.readable_name import readable_name

# A recording that is played in real time comes in blocks of this length, as from a microphone.
PACED_BLOCK_SECONDS = 0.1


def first_registration(settings: RecorderSettings) -> Registration:
    """Return what the registry says before a session has begun; a microphone is absent then."""
    return Registration(
        MicRecord(
            mic=settings.mic_name,
            sample_rate_hz=0,
            channels=0,
            device=readable_name(without_passwords(settings.input) or settings.device),
            session=settings.session or new_session(),
            heartbeat_seconds=0.0,
            state=MicState.ABSENT if settings.is_live else MicState.LISTENING,
            lease_seconds=settings.lease_seconds,
        )
    )


def open_listener(
    settings: RecorderSettings, supervisor: MicSupervisor | None, clock: Clock, stop: threading.Event
) -> Listener:
    """Return what to listen to; it has a `supervisor` if and only if it is live.

    Raises:
        SourceError: The recording cannot be used.
    """
    if supervisor is not None:
        rate_hz = None if settings.rate_hz == "auto" else settings.rate_hz
        plan = (
            stream_plan(settings.input) if settings.input else device_plan(settings.device, rate_hz, settings.channels)
        )
        return LiveListener(plan, supervisor, clock, stop)
    # A recorder that captures live sound needs no decoders in its memory.
    from tears.recorder.capture.recording.file_source import FileSource  # noqa: PLC0415

    is_fast = settings.pace == "fast"
    file = FileSource(Path(settings.input), settings.chunk_seconds if is_fast else PACED_BLOCK_SECONDS)
    return OneSession(file if is_fast else PacedSource(file, clock, stop), is_live=not is_fast, close=file.close)


def open_stream(client: redis.Redis, settings: RecorderSettings) -> ChunkStream:
    """Return the stream to write; its owner is unique, even if the number of this process returns after a reboot."""
    return ChunkStream(
        client,
        mic=settings.mic_name,
        owner=f"{settings.host}:{os.getpid()}:{secrets.token_hex(4)}",
        lease_seconds=settings.lease_seconds,
        most_entries=settings.stream_chunks,
        look_back_entries=settings.look_back_chunks,
    )
