"""JSON as text: reading a request's body, and writing numbers and arrays the way TF Serving writes them.

JSON here is TF Serving's: NaN, Infinity and -Infinity are numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
import numpy as np

from tears.model_server.errors import InvalidArgumentError

# As much of a value as an error shows; what was sent may have megabytes.
MAX_SHOWN_CHARACTERS: Final = 512

# What is in memory beside the text: a number and its place in a list, half of a string's head, a list, an object and
# its first keys.
_MARK_BYTES: Final = {b",": 32, b'"': 25, b"[": 88, b"{": 400}
# Of one request: a minute of sound, with all the digits that its numbers have.
MAX_WEIGHT_BYTES: Final = 80 * 1024 * 1024

# What TF Serving's parser says where ours says something else.
_PARSE_ERRORS: Final = {
    "Expecting value": "Invalid value.",
    "Extra data": "The document root must not be followed by other values.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Expecting ',' delimiter": "Missing a comma or a closing bracket.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}
_SPECIAL: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_TYPES: Final = {dict: "Object", list: "Array", str: "String", int: "Number", float: "Number", type(None): "Null"}


def weigh(body: bytes) -> int:
    """The memory, in bytes, that a body will take when it is parsed, roughly: an empty list is thirty times its text.

    Raises:
        InvalidArgumentError: It is more than `MAX_WEIGHT_BYTES`.
    """
    weight = len(body) + sum(cost * body.count(mark) for mark, cost in _MARK_BYTES.items())
    if weight > MAX_WEIGHT_BYTES:
        raise InvalidArgumentError(
            f"the body, of {len(body)} bytes, would take more than {MAX_WEIGHT_BYTES} bytes of memory; "
            f"send less at a time, or by gRPC"
        )
    return weight


def parse_object(body: bytes) -> dict[str, Any]:
    """The request's JSON object.

    Bytes in strings that are no UTF-8 become surrogates, as `surrogateescape` makes them.

    Raises:
        InvalidArgumentError: It is no JSON, or no object; the wording is TF Serving's.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        document = _parse_slowly(body)
    if type(document) is not dict:
        raise InvalidArgumentError(f"JSON Value: {shown(document)} Is not object")
    return document


def _parse_slowly(body: bytes) -> Any:
    """What the fast parser, which keeps to the letter of JSON, would not have: NaN, stray bytes, and all faults."""
    text = body.decode("utf-8-sig", errors="surrogateescape")
    if not text or text.isspace():
        raise InvalidArgumentError("JSON Parse error: The document is empty")
    try:
        return json.loads(text, parse_float=_finite)
    except json.JSONDecodeError as error:
        reason = _PARSE_ERRORS.get(error.msg) or f"{error.msg}."
        raise InvalidArgumentError(f"JSON Parse error: {reason} at offset: {error.pos}") from error
    except ValueError as error:  # 1e999, or an integer of thousands of digits
        raise InvalidArgumentError("JSON Parse error: Number too big to be stored in double.") from error
    except RecursionError as error:
        raise InvalidArgumentError("JSON Parse error: arrays or objects are nested too deeply") from error


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def type_name(value: Any) -> str:
    """What a JSON value is, as TF Serving's errors say it."""
    return str(value) if type(value) is bool else _TYPES[type(value)]


def is_text(text: str) -> bool:
    """Whether a string is all characters: no half of a surrogate pair, and no byte that is no UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def shown(value: Any) -> str:
    """A JSON value as an error shows it, cut where it is long."""
    if type(value) is float:
        return decimal(value, is_double=True)
    pieces = json.JSONEncoder(indent=4, ensure_ascii=False).iterencode(value)
    try:
        text = "".join(islice(pieces, MAX_SHOWN_CHARACTERS))
    except RecursionError:
        return "..."
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + "..."


def decimal(value: float, *, is_double: bool) -> str:
    """A number with six digits where these say it exactly, and with as many as it takes where they do not.

    Args:
        value: Any, NaN and infinities too.
        is_double: Whether it is one of 64 bits, or one of 32.
    """
    return decimals([value], is_double=is_double)[0]


def decimals(values: Sequence[float], *, is_double: bool) -> list[str]:
    """`decimal` of each."""
    texts = [f"{value:g}" for value in values]
    exact, read = np.array(values, np.float64), np.array([float(text) for text in texts], np.float64)
    if not is_double:
        with np.errstate(over="ignore"):
            exact, read = exact.astype(np.float32), read.astype(np.float32)
    digits = 17 if is_double else 9
    for index in np.flatnonzero(exact != read).tolist():
        texts[index] = f"{values[index]:.{digits}g}"
    return [_SPECIAL.get(text) or (text if "." in text or "e" in text else f"{text}.0") for text in texts]


def quoted(text: str) -> str:
    """A JSON string."""
    return json.dumps(text, ensure_ascii=False)


def nested(texts: Sequence[str], shape: Sequence[int], *, level: int, on_one_line: bool) -> str:
    """Written elements as arrays of a shape, row by row.

    Args:
        texts: As many as the shape holds.
        shape: `()` is no array, just the one element.
        level: How deep the outermost array is indented, where each element has a line of its own.
        on_one_line: Whether they share one.
    """
    if not shape:
        return texts[0]
    if shape[0] == 0:
        return "[]"
    parts: Sequence[str] = texts
    if len(shape) > 1:
        parts = [
            nested(part, shape[1:], level=level + 1, on_one_line=on_one_line) for part in equal_parts(texts, shape[0])
        ]
    return f"[{', '.join(parts)}]" if on_one_line else lines("[", parts, "]", level)


def equal_parts(texts: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    """So many parts of the same size, one after another; each text is copied once."""
    size = len(texts) // count
    return (texts[index * size : (index + 1) * size] for index in range(count))


def lines(opening: str, parts: Sequence[str], closing: str, level: int) -> str:
    """Members of an array or object, each on a line of its own."""
    indented = "\n" + "    " * (level + 1)
    return opening + indented + f",{indented}".join(parts) + "\n" + "    " * level + closing
