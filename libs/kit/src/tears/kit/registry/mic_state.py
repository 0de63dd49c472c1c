"""What can be said of a microphone, as its record in the registry has it."""

from __future__ import annotations

import enum


class MicState(enum.StrEnum):
    """The recorder's word on what it hears."""

    LISTENING = "listening"
    # Sound comes, and some of it is cut off at full scale.
    CLIPPING = "clipping"
    # Sound comes, but there is nothing in it: muted, unplugged behind the sound card, or broken.
    SILENT = "silent"
    # The device is there, or was a moment ago, and gives no sound.
    STALLED = "stalled"
    # There is no such device.
    ABSENT = "absent"
    # The recording is over.
    ENDED = "ended"
    # The recorder was asked to stop.
    STOPPED = "stopped"


# Whatever happens in the room, nobody hears it.
UNHEARING = frozenset({MicState.SILENT, MicState.STALLED, MicState.ABSENT})
# Nobody is meant to hear it.
OVER = frozenset({MicState.ENDED, MicState.STOPPED})
