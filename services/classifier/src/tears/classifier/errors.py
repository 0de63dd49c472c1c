"""The errors between a window and its scores."""

from tears.kit.errors import DependencyError, KitError, UnprocessableError


class ModelAwayError(DependencyError):
    """Raised when the server or the model is missing, or too slow; the window waits."""


class ModelUnfitError(DependencyError):
    """Raised when the served model cannot score our windows; they wait until it is replaced."""


class WindowRefusedError(UnprocessableError):
    """Raised when a suitable model refuses a window or answers NaN: it would do so again."""


class ServerFaultError(KitError):
    """Raised when the server failed, perhaps because of the window, which is tried again up to the cap."""
