"""What can go wrong in composing."""


class SamplesError(Exception):
    """Raised when a scene cannot be composed or written; the message says why and what would do."""
