"""The alerter's errors."""

from tears.kit.errors import KitError, MessageError, SettingsError


class AlerterError(KitError):
    """Raised when the alerter cannot continue as asked; base of all errors here."""


class StateError(AlerterError):
    """Raised when the state file cannot be opened, is in use, or is not of this release."""


class StateInUseError(StateError):
    """Raised when another alerter holds the state file."""


class UnreadableStateError(StateError):
    """Raised when the state file is damaged or of another release, so that only a new file helps."""


class NotifyError(AlerterError, SettingsError):
    """Raised when a notification URL cannot be used; never shows the URL."""


class AlertsFileError(AlerterError, SettingsError):
    """Raised when the file of receivers cannot be used; never shows a URL."""


class UnansweredError(AlerterError):
    """Raised when a receiver has not answered, so that it may have the notice or not."""


class HungUpError(UnansweredError):
    """Raised when a receiver has closed the connection at once: most likely nothing behind its port has the notice."""


class SelfTestSoundError(AlerterError):
    """Raised when the cry that the self-test plays is missing or unreadable."""


class ImpossibleDetectionError(AlerterError, MessageError):
    """Raised when a detection can be parsed, but no window can have its numbers."""


class BrokerUrlError(AlerterError, SettingsError):
    """Raised when the settings of the MQTT broker cannot be used; never shows the URL."""


class BrokerError(AlerterError):
    """Raised when the MQTT broker cannot be reached, or the connection to it is lost."""


class BrokerRefusedError(BrokerError):
    """Raised when the MQTT broker answers and refuses us, so that only a person can help."""


class AttachmentError(AlerterError):
    """Raised when an attachment cannot be made; base of the reasons."""


class NoSoundError(AttachmentError):
    """Raised when nothing is left of the sound of a clip: its stream was trimmed or lost, or it was never there."""


class AttachmentNotReadyError(AttachmentError):
    """Raised when an attachment cannot be made now, but perhaps later."""


class DiaryError(AlerterError):
    """Raised when a note cannot be written into the parents' diary."""
