"""The states of a microphone in the registry. No I/O."""

import enum


class MicState(enum.StrEnum):
    """The state of a microphone, as the recorder reports it."""

    LISTENING = "listening"
    # There is sound, and some of it is cut off at full scale.
    CLIPPING = "clipping"
    # There are samples, but no sound in them: muted, unplugged behind the sound card, or broken.
    SILENT = "silent"
    # The device is there, or was a moment ago, and gives no samples.
    STALLED = "stalled"
    # There is no such device.
    ABSENT = "absent"
    # The recording is over.
    ENDED = "ended"
    # The recorder was asked to stop.
    STOPPED = "stopped"
    # Somebody has said that nothing more is expected of it.
    RETIRED = "retired"

    @classmethod
    def _missing_(cls, value: object) -> "MicState | None":
        """Read a state that only a newer release knows as LISTENING, so that it causes no alert."""
        return cls.LISTENING if isinstance(value, str) else None


# In these states, crying in the room would go unnoticed.
UNHEARING = frozenset({MicState.SILENT, MicState.STALLED, MicState.ABSENT})
# The microphone is not meant to listen.
OVER = frozenset({MicState.ENDED, MicState.STOPPED, MicState.RETIRED})
# It will not listen again by itself. One that was only stopped should come back, after a reboot for example.
OVER_FOR_GOOD = frozenset({MicState.ENDED, MicState.RETIRED})
