"""What can go wrong in the alerter."""

from __future__ import annotations

from tears.kit.errors import KitError, MessageError, SettingsError


class AlerterError(KitError):
    """Raised when the alerter cannot go on as asked; base of all errors here."""


class StateError(AlerterError):
    """Raised when the state file cannot be opened, is in use, or is not one that this release understands."""


class NotifyError(AlerterError, SettingsError):
    """Raised when a notification URL is none that can be used; never shows the URL."""


class ImpossibleDetectionError(AlerterError, MessageError):
    """Raised when a detection parses but holds numbers that no window can have."""
