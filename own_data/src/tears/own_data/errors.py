"""The errors about a parent's own recordings, labels, clips and models."""


class OwnDataError(Exception):
    """Raised when a parent's own data cannot be used; the message names the thing and the cure."""


class LabelError(OwnDataError):
    """Raised when labels cannot be read, overlap or contradict each other."""


class MomentError(OwnDataError):
    """Raised when a time cannot be read, or when no recording, or more than one night, contains it."""


class SliceError(OwnDataError):
    """Raised when no clips can be cut from the recordings."""


class RecordingError(OwnDataError):
    """Raised when a folder of recordings, or a file in it, is not as training needs it."""


class ClipError(OwnDataError):
    """Raised when a folder of clips, or a clip in it, cannot be used to adapt a model."""


class TableError(OwnDataError):
    """Raised when a table cannot be read, or a row or column of it is missing."""


class VersionError(OwnDataError):
    """Raised when the files of a model's version cannot be read."""


class HeadError(OwnDataError):
    """Raised when the last layer of a decision cannot be read or replaced."""


class VerdictError(OwnDataError):
    """Raised when the comparison in a version's folder cannot be read."""


class HistoryError(OwnDataError):
    """Raised when the history of a model's folder cannot be read."""


class ScorerError(OwnDataError):
    """Raised when a model.tflite cannot be read, or does not take windows of sound."""


class ModelFolderError(OwnDataError):
    """Raised when the folder of a model's versions cannot be read or changed."""


class FolderBusyError(ModelFolderError):
    """Raised when another program is changing the folder of a model's versions."""


class GuardSetError(OwnDataError):
    """Raised when the guard set of a model cannot be read, or is that of another model."""


class TeachingError(OwnDataError):
    """Raised when a model cannot be taught from the clips that were given."""
