"""How to listen to a camera, or to any other live sound that comes over the network, by its URL."""

from __future__ import annotations

from tears.kit.secrets_in_text import without_passwords
from tears.recorder.capture.child_process.capture_process import CapturePlan


def stream_plan(url: str) -> CapturePlan:
    """Return the plan for a URL of one of `STREAM_SCHEMES`."""
    return CapturePlan(
        description=without_passwords(url),
        module="tears.recorder.capture.camera.stream_program",
        secret=url,
        # Networks stutter, and sound over HTTP may come in pieces of several seconds.
        dead_after_seconds=10.0,
        # Twice the time that the decoder has for each of its two steps, so that it can report itself what was wrong.
        open_seconds=30.0,
        # Cameras lock out clients that try too often.
        longest_pause_seconds=5.0,
    )
