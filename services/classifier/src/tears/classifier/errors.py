"""What can stand between a window and its scores."""

from __future__ import annotations

from tears.kit.errors import DependencyError, KitError, UnprocessableError


class ModelAwayError(DependencyError):
    """Raised when the server or the model is not there, or too slow; the window waits."""


class ModelUnfitError(DependencyError):
    """Raised when the served model is none for these windows; they wait until somebody puts a right one in place."""


class WindowRefusedError(UnprocessableError):
    """Raised when a fit model refuses a window, or has no number for it, and would again."""


class ServerFaultError(KitError):
    """Raised when the server failed in a way that may or may not be the window's fault; tried up to the cap."""
