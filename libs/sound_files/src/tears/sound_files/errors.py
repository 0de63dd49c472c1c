"""The error of a file of sound."""

from pathlib import Path


class UnreadableSoundError(Exception):
    """Raised when a file holds no sound that can be read; the message names the file, the reason and the cure.

    Attributes:
        reason: The reason and the cure, to be put after "it": "is empty; record it again".
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} {reason}")
        self.reason = reason
