"""The alerter's errors."""

from tears.kit.errors import KitError, MessageError, SettingsError


class AlerterError(KitError):
    """Raised when the alerter cannot continue as asked; base of all errors here."""


class StateError(AlerterError):
    """Raised when the state file cannot be opened, is in use, or is not of this release."""


class NotifyError(AlerterError, SettingsError):
    """Raised when a notification URL cannot be used; never shows the URL."""


class ImpossibleDetectionError(AlerterError, MessageError):
    """Raised when a detection can be parsed, but no window can have its numbers."""
