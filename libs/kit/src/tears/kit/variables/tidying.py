"""The `TEARS_*` variables of a command: quotes that are not meant are left out, and slips are named."""

from collections.abc import MutableMapping

from tears.kit.errors import SettingsError
from tears.kit.variables.known_variables import KNOWN_VARIABLES
from tears.kit.variables.setting_text import VARIABLE_PREFIX, UnpairedQuoteError, unknown_variables, unquoted

# The services read the items of these, which may have quotes each.
_LISTS = ("TEARS_ALERTER_NOTIFY", "TEARS_JOURNAL_ROOMS")


def tidy_environment(environ: MutableMapping[str, str]) -> list[str]:
    """Remove quotes and white space around the values; return a warning for each variable that is not a setting.

    Such a variable is removed, so that the services of a command do not warn of it again.

    Raises:
        SettingsError: A value has a quote at one end only.
    """
    warnings = []
    for variable, near in list(unknown_variables(environ, KNOWN_VARIABLES)):
        hint = f"did you mean {near}?" if near else "docs/settings.md lists all"
        warnings.append(f"{variable} is not a setting; {hint}")
        del environ[variable]
    for variable in [name for name in environ if name.startswith(VARIABLE_PREFIX) and name not in _LISTS]:
        try:
            environ[variable] = unquoted(environ[variable])
        except UnpairedQuoteError:
            raise SettingsError(f"{variable} has a quote without a partner; leave quotes out") from None
    return warnings
