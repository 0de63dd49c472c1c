"""What can be wrong with a parent's own recordings, labels, clips and models."""

from tears.trainer.errors import TrainingError


class LabelError(TrainingError):
    """Raised when labels cannot be read, overlap or contradict each other; the message names line and cure."""


class MomentError(TrainingError):
    """Raised when a time is none, or no recording, or more than one night, has it."""


class SliceError(TrainingError):
    """Raised when no clips can be cut from what is there."""


class ClipError(TrainingError):
    """Raised when a folder of clips, or a clip in it, is not what a model can be adapted with."""


class VerdictError(TrainingError):
    """Raised when what a model's folder says of its own merit cannot be read."""


class HistoryError(TrainingError):
    """Raised when what was installed into a folder of versions cannot be read."""
