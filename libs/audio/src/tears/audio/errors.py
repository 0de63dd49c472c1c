"""What can be wrong with a piece of sound or with the way it is to be cut."""


class AudioError(Exception):
    """Raised when this package refuses its input; every error of `tears.audio` is one."""


class AudioFormatError(AudioError, ValueError):
    """Raised when samples, a rate or a number of channels cannot be what they are said to be."""


class GainError(AudioError, ValueError):
    """Raised when a gain is no finite number of decibels."""


class HopError(AudioError, ValueError):
    """Raised when a hop would not move from one window to the next."""
