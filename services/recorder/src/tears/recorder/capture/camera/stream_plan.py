"""A camera, or whatever else streams live sound over the network, by its URL.

It is listened to by a process of its own (`stream_process.py`), as a microphone is: a decoder that hangs or crashes is
killed, and another process takes its place.
"""

from __future__ import annotations

from tears.kit.settings import without_passwords
from tears.recorder.capture.live_listener import CapturePlan

# Networks stutter, and what comes over HTTP may come in pieces of several seconds.
DEAD_AFTER_SECONDS = 10.0
# Twice the time that the decoder is given for each of its two steps, so that it can say itself what was wrong.
OPEN_SECONDS = 30.0
# Cameras lock out who knocks too often.
LONGEST_PAUSE_SECONDS = 5.0


def stream_plan(url: str) -> CapturePlan:
    """For a URL of one of `stream_urls.SCHEMES`."""
    return CapturePlan(
        description=without_passwords(url),
        module="tears.recorder.capture.camera.stream_program",
        secret=url,
        dead_after_seconds=DEAD_AFTER_SECONDS,
        open_seconds=OPEN_SECONDS,
        longest_pause_seconds=LONGEST_PAUSE_SECONDS,
    )
