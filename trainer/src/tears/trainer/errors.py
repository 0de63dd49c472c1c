"""The errors of training, under one base class."""


class TrainingError(Exception):
    """Raised when training cannot go on; the message names the cause and the cure."""


class ManifestError(TrainingError):
    """Raised when a dataset's manifest is missing, lacks a column or names a clip that is not as promised."""


class TeacherError(TrainingError):
    """Raised when the weights of a teacher cannot be read; the message names the file and the cure."""


class ExportError(TrainingError):
    """Raised when the exported model does not answer as the trained one does, or its labels cannot be labels."""


class MissingTensorFlowError(TrainingError):
    """Raised when TensorFlow, an optional dependency, is needed and not installed."""


class ArchitectureError(TrainingError):
    """Raised when an architecture does not exist or cannot be built with its settings; names the setting."""


class ThresholdError(TrainingError):
    """Raised when the alert threshold in the environment is not one that the alerter would accept."""


class LabelWavError(TrainingError):
    """Raised when a sound cannot be labelled: a file is missing, or is not what the model needs."""


class DownloadError(TrainingError):
    """Raised when the archive that --data_url names cannot be fetched or unpacked."""


class CheckpointError(TrainingError):
    """Raised when a checkpoint is missing, cannot be read, or belongs to another network."""


class DivergedError(TrainingError):
    """Raised when a step of training gives NaN or infinity."""


class WriteError(TrainingError):
    """Raised when the disk does not take a file; what was there before is still there."""


class CorpusError(TrainingError):
    """Raised when the corpus cannot be made or read; the message names the cause and the cure."""


class PackageError(CorpusError):
    """Raised when one package cannot be fetched or opened. The other packages can still be used."""


class NightError(TrainingError):
    """Raised when a night cannot be composed or scored from the given sounds, options or files."""


class RegressionError(TrainingError):
    """Raised when a new model is worse than the version that it would replace; the message names the figures."""
