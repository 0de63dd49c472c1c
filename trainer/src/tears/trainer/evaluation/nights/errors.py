"""Why a night cannot be composed or scored."""

from tears.trainer.errors import TrainingError


class NightError(TrainingError):
    """Raised when the sounds, the options or the files given cannot make a night or a score."""
