"""The error of composing and scoring nights."""

from tears.trainer.errors import TrainingError


class NightError(TrainingError):
    """Raised when a night cannot be composed or scored from the given sounds, options or files."""
