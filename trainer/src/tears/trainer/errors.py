"""What can go wrong while a model is trained, each under one base class."""


class TrainingError(Exception):
    """Raised when training cannot go on; the message names the cause and the cure."""


class ManifestError(TrainingError):
    """Raised when a dataset's manifest is missing, lacks a column or names a clip that is not as promised."""


class ExportError(TrainingError):
    """Raised when the exported model does not answer as the trained one does."""


class MissingTensorFlowError(TrainingError):
    """Raised when TensorFlow, an optional dependency, is needed and not installed."""


class SettingsError(TrainingError):
    """Raised when a setting cannot be used, or its model not be built; the message names it and its range."""


class LabelError(TrainingError):
    """Raised when a sound cannot be labelled: a file is missing, or not as the model needs it."""
