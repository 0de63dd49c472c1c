"""What can go wrong while sound is collected from packages."""

from tears.trainer.errors import TrainingError


class CorpusError(TrainingError):
    """Raised when the corpus cannot be made; the message names the cause and the cure."""


class PackageError(CorpusError):
    """Raised when one package cannot be fetched or opened: the others may still serve."""
