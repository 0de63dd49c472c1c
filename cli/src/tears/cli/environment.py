"""The `TEARS_*` variables of the command: quotes that are not meant are left out, and slips are named."""

from collections.abc import MutableMapping

import click

from tears.cli.errors import InputError
from tears.kit.variables.known_variables import KNOWN_VARIABLES
from tears.kit.variables.setting_text import VARIABLE_PREFIX, UnpairedQuoteError, unknown_variables, unquoted

_LISTS = ("TEARS_ALERTER_NOTIFY", "TEARS_JOURNAL_ROOMS")  # the services read their items, which may have quotes each


def tidy_environment(environ: MutableMapping[str, str]) -> None:
    """Remove quotes and white space around the values, and warn once of each variable that is not a setting.

    Such a variable is removed, so that the services do not warn of it again.

    Raises:
        InputError: A value has a quote at one end only.
    """
    for variable, near in list(unknown_variables(environ, KNOWN_VARIABLES)):
        hint = f"did you mean {near}?" if near else "docs/settings.md lists all"
        click.echo(f"warning: {variable} is not a setting; {hint}", err=True)
        del environ[variable]
    for variable in [name for name in environ if name.startswith(VARIABLE_PREFIX) and name not in _LISTS]:
        try:
            environ[variable] = unquoted(environ[variable])
        except UnpairedQuoteError:
            raise InputError(f"{variable} has a quote without a partner; leave quotes out") from None
