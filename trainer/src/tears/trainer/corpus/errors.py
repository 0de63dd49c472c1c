"""The errors of collecting sound from packages."""

from tears.trainer.errors import TrainingError


class CorpusError(TrainingError):
    """Raised when the corpus cannot be made or read; the message names the cause and the cure."""


class PackageError(CorpusError):
    """Raised when one package cannot be fetched or opened. The other packages can still be used."""
