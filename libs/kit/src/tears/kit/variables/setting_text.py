"""The text of environment variables as people write it: with quotes that are not meant, white space and slips. Pure."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping

VARIABLE_PREFIX = "TEARS_"

# Programs that pass a file of settings on unchanged (docker run --env-file, an editor on Windows) leave these around a
# value. White space includes the no-break space and the carriage return.
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019"}
_BYTE_ORDER_MARK = "\ufeff"
# Kubernetes and Docker describe each service to all others: TEARS_REDIS_SERVICE_HOST, TEARS_REDIS_PORT_6379_TCP_ADDR.
_OF_AN_ORCHESTRATOR = re.compile(r"_SERVICE_HOST$|_SERVICE_PORT(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$")
_URL_OF_A_PORT = re.compile(r"(tcp|udp|sctp)://")
# A name this similar to a known one is probably a slip; what all names begin with is not compared.
_SIMILARITY = 0.6


class UnpairedQuoteError(ValueError):
    """Raised when a text begins with a quote that is not closed, or ends with one that was not opened."""


def unquoted(text: str) -> str:
    """Return the text without the white space and the pairs of quotes around it; raise UnpairedQuoteError."""
    text = text.strip().strip(_BYTE_ORDER_MARK).strip()
    while len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    if text and (text[0] in _QUOTES or text[-1] in '"\u201d'):
        raise UnpairedQuoteError(text)
    return text


def is_empty_quotation(text: str) -> bool:
    """Return whether the text is quotes with nothing but white space in them, which stand for no value."""
    try:
        return not text.isspace() and not unquoted(text)
    except UnpairedQuoteError:
        return False


def items_of(text: str) -> list[str]:
    """Return the items of a list: white space is between them, and quotes may be around all or each of them.

    Raises:
        UnpairedQuoteError: As `unquoted` does.
    """
    text = text.strip().strip(_BYTE_ORDER_MARK).strip()
    is_one_quotation = len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]
    items = [unquoted(item) for item in (text[1:-1] if is_one_quotation else text).split()]
    return [item for item in items if item]


def unknown_variables(environ: Mapping[str, str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each variable that looks like a setting and is none, with the most similar known one, or an empty text."""
    names = {name.removeprefix(VARIABLE_PREFIX): name for name in known}
    for variable in sorted(environ):
        if variable in names.values() or not variable.upper().startswith("TEAR"):
            continue
        if _OF_AN_ORCHESTRATOR.search(variable) or _URL_OF_A_PORT.match(environ[variable]):
            continue
        plain = re.sub(r"^TEARS?[_-]?", "", variable.upper())
        near = difflib.get_close_matches(plain, names, n=1, cutoff=_SIMILARITY)
        if near or variable.startswith(VARIABLE_PREFIX):
            yield variable, names[near[0]] if near else ""
