"""What can go wrong between two folders of WAVs and a model."""

from tears.trainer.errors import TrainingError


class FlagError(TrainingError):
    """Raised when flags contradict each other or name what there is not; the message names the flag."""


class DownloadError(TrainingError):
    """Raised when what --data_url names cannot be fetched or unpacked."""


class CheckpointError(TrainingError):
    """Raised when a checkpoint is missing, unreadable, or of another network than the one that is to be trained."""


class DivergedError(TrainingError):
    """Raised when training brings forth what is no number."""


class WriteError(TrainingError):
    """Raised when the disk does not take a file; what stood there before still stands."""
