"""What the command line can fail with; each message names the thing and the cure."""

from __future__ import annotations

import click


class CliError(click.ClickException):
    """Raised when a command cannot do what it was asked; base of all errors here."""


class StartError(CliError):
    """Raised when a process that a command needs did not come up."""


class InputError(CliError):
    """Raised when a file that was given cannot be used."""


class DisagreementError(CliError):
    """Raised when what was heard is not what is true."""
