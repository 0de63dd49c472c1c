"""What the command line can fail with; each message names the thing and the cure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click

from tears.kit.files import cannot_write


class CliError(click.ClickException):
    """Raised when a command cannot do what it was asked; base of all errors here."""


class StartError(CliError):
    """Raised when a process that a command needs did not come up."""


class InputError(CliError):
    """Raised when a file that was given cannot be used, or when the disk does not take one."""


class DisagreementError(CliError):
    """Raised when the demo's alerts are not those that its scene should cause."""


@contextlib.contextmanager
def refusing_disk() -> Iterator[None]:
    """Replace an OSError of the block by one line that names the file and the cure.

    Raises:
        InputError: The disk does not take a file.
    """
    try:
        yield
    except OSError as error:
        raise InputError(cannot_write(error)) from error
