"""The error about a scene that cannot be composed."""


class SamplesError(Exception):
    """Raised when a scene cannot be composed or written; the message says why, and what is possible."""
