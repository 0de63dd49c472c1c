"""The errors of the recorder."""

from tears.kit.errors import KitError


class RecorderError(KitError):
    """Raised when the recorder cannot continue; the base class of its errors."""


class SourceError(RecorderError):
    """Raised when a source cannot give sound, and another attempt would not help."""


class StreamMovedError(RecorderError):
    """Raised when the stream does not end with the entry that this recorder published last."""


class CaptureError(RecorderError):
    """Raised when a microphone or camera gives no sound now; another attempt may help."""


class DeviceAbsentError(CaptureError):
    """Raised when a name means no device or several, or when no camera answers; the message lists the devices."""
