"""What identifies this start of the recorder: its first record in the registry, and the owner of its lease."""

from __future__ import annotations

import os
import secrets

from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.secrets_in_text import without_passwords
from tears.recorder.capture.capture_thread import new_session
from tears.recorder.publish.registration import Registration
from tears.recorder.settings import RecorderSettings


def first_registration(settings: RecorderSettings) -> Registration:
    """Return what the registry says before a session has begun; a microphone is absent then."""
    return Registration(
        MicRecord(
            mic=settings.mic,
            sample_rate_hz=0,
            channels=0,
            device=without_passwords(settings.input) or settings.device,
            session=settings.session or new_session(),
            heartbeat_seconds=0.0,
            state=MicState.ABSENT if settings.is_live else MicState.LISTENING,
        )
    )


def lease_owner(settings: RecorderSettings) -> str:
    """Return a name for this process that no other one has, even if its number comes back after a reboot."""
    return f"{settings.host}:{os.getpid()}:{secrets.token_hex(4)}"
