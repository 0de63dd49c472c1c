"""What can go wrong in the recorder."""

from __future__ import annotations

from tears.kit.errors import KitError


class RecorderError(KitError):
    """Raised when the recorder cannot go on; base of all errors here."""


class SourceError(RecorderError):
    """Raised when there is no sound to be had from what was given; trying again does not help."""


class StreamMovedError(RecorderError):
    """Raised when the stream does not end with the entry that was published last."""


class CaptureError(RecorderError):
    """Raised when a microphone gives no sound now; it may again."""


class DeviceAbsentError(CaptureError):
    """Raised when no device has the name that is asked for, or more than one; the message lists what there is."""
