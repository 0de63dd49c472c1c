"""The errors of the command line; each message names the thing and the cure."""

import contextlib
from collections.abc import Iterator

import click

from tears.kit.files import cannot_write
from tears.kit.secrets_in_text import without_passwords


class CliError(click.ClickException):
    """Raised when a command cannot do what it was asked; base of all errors here."""

    def format_message(self) -> str:
        """Return the message as it is printed: without passwords, which a path or a URL may hold by mistake."""
        return without_passwords(self.message)


class StartError(CliError):
    """Raised when a process that a command needs did not start."""


class InputError(CliError):
    """Raised when a file that was given cannot be used, or when a file cannot be written."""


class DisagreementError(CliError):
    """Raised when the alerts of the demo are not those that its scene should cause."""


@contextlib.contextmanager
def refusing_disk() -> Iterator[None]:
    """Raise InputError, which names the file and the cure, in place of an OSError of the block."""
    try:
        yield
    except OSError as error:
        raise InputError(cannot_write(error)) from error
