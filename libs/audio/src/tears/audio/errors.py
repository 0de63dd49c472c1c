"""The errors about a piece of sound, and about cutting it into windows."""


class AudioError(Exception):
    """Raised when this package refuses its input; every error of `tears.audio` is one."""


class AudioFormatError(AudioError, ValueError):
    """Raised when samples, a sample rate or a number of channels are not of the required form."""


class GainError(AudioError, ValueError):
    """Raised when a gain is not a finite number of decibels."""


class HopError(AudioError, ValueError):
    """Raised when a hop is too short to move from one window to the next, or not finite."""
