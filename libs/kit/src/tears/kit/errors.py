"""The errors of a service and of the things that it depends on."""


class KitError(Exception):
    """Raised when a service cannot continue as asked; base of all errors here."""


class SettingsError(KitError):
    """Raised when an environment variable does not hold what its setting accepts."""


class UnprocessableError(KitError):
    """Raised when a stream entry can never be handled, however often it is tried."""


class MessageError(UnprocessableError):
    """Raised when bytes are not the message that their stream carries."""


class DependencyError(KitError):
    """Raised when something that is needed did not answer; the entry waits for it and is tried again."""


class MicTakenError(KitError):
    """Raised when another recorder holds the lease on a microphone's name."""


class RetirementError(KitError):
    """Raised when a room cannot be retired: it is not known, or a recorder listens to it."""


class CommandError(KitError):
    """Raised when the alerter has not obeyed a command; the text is its answer, or says that none came."""
