"""What can go wrong when a scene is composed."""


class SamplesError(Exception):
    """Raised when a scene cannot be composed or written; the message says why, and what is possible."""
