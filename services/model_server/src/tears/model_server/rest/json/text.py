"""JSON as text: read the body of a request, and write numbers and arrays in the form that TF Serving uses.

As in TF Serving, NaN, Inf and Infinity are numbers, text after the document is ignored, and of two members with one
name the first counts.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
import numpy as np

from tears.model_server.errors import InvalidArgumentError

# How much of a value an error shows; the value itself may have megabytes.
MAX_SHOWN_CHARACTERS: Final = 512

# The memory that the parsed value takes for each of these characters: a number and its place in a list, half of a
# string's head, a list, an object and its first keys.
_CHARACTER_BYTES: Final = {b",": 32, b'"': 25, b"[": 88, b"{": 400}
# The bound on one parsed body: a minute of sound, with all digits of its numbers.
MAX_JSON_BYTES: Final = 80 * 1024 * 1024

# Our parser's messages, and those of TF Serving's parser for the same errors.
_PARSE_ERRORS: Final = {
    "Expecting value": "Invalid value.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Expecting ',' delimiter": "Missing a comma or a closing bracket.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}
_WHITE_SPACE: Final = " \t\n\r"
# Numbers that TF Serving takes and our parser does not; strings are matched first, so that they stay as they are.
# A string matches even if it has no end, and nothing in it is tried twice (`*+`), so that each character is read once.
_SHORT_CONSTANTS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|Inf(?!i)|-NaN', re.DOTALL)
_LONG_CONSTANTS: Final = {"Inf": "Infinity", "-NaN": "NaN"}
_SPECIAL_NUMBERS: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_JSON_TYPE_NAMES: Final = {
    dict: "Object",
    list: "Array",
    str: "String",
    int: "Number",
    float: "Number",
    type(None): "Null",
}


def estimate_json_bytes(body: bytes | bytearray) -> int:
    """Return roughly the memory, in bytes, that a body takes once it is parsed: for an empty list, 30 times its text.

    Raises:
        InvalidArgumentError: It is more than `MAX_JSON_BYTES`.
    """
    total_bytes = len(body) + sum(cost * body.count(character) for character, cost in _CHARACTER_BYTES.items())
    if total_bytes > MAX_JSON_BYTES:
        raise InvalidArgumentError(
            f"the body, of {len(body)} bytes, would take more than {MAX_JSON_BYTES} bytes of memory; "
            f"send less at a time, or by gRPC"
        )
    return total_bytes


def parse_object(body: bytes | bytearray) -> dict[str, Any]:
    """Return the request's JSON object.

    Bytes in strings that are not UTF-8 become surrogates, as with `surrogateescape`.

    Raises:
        InvalidArgumentError: It is not JSON, or not an object; the wording is TF Serving's.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        document = _parse_slowly(body)
    else:
        if _may_repeat_a_name(document, body):
            document = _parse_slowly(body)
    if type(document) is not dict:
        raise InvalidArgumentError(f"JSON Value: {shown(document)} Is not object")
    return document


def _may_repeat_a_name(document: Any, body: bytes | bytearray) -> bool:
    """Return whether the body may have had more members than the parsed document, which keeps the last of each name.

    Every member has a colon, so a document with as many members as the body has colons has lost none. Only the members
    of the document itself, of its values and of their elements are counted: deeper ones are rare.
    """
    if type(document) is not dict:
        return False
    colons = body.count(b":")
    if colons == len(document):
        return False
    members = len(document)
    for value in document.values():
        if type(value) is dict:
            members += len(value)
        elif type(value) is list:
            members += sum(len(element) for element in value if type(element) is dict)
    return colons != members


def _parse_slowly(body: bytes | bytearray) -> Any:
    """Parse what the fast and strict parser refuses or reads otherwise: NaN, repeated names, everything wrong."""
    text = body.decode("utf-8-sig", errors="surrogateescape")
    begin = len(text) - len(text.lstrip(_WHITE_SPACE))
    if begin == len(text) or text[begin] == "\0":
        raise InvalidArgumentError("JSON Parse error: The document is empty")
    if "Inf" in text or "-NaN" in text:
        text = _SHORT_CONSTANTS.sub(lambda found: _LONG_CONSTANTS.get(found[0], found[0]), text)
    try:
        document, _ = _DECODER.raw_decode(text, begin)
    except json.JSONDecodeError as error:
        reason = _PARSE_ERRORS.get(error.msg) or f"{error.msg}."
        raise InvalidArgumentError(f"JSON Parse error: {reason} at offset: {error.pos}") from error
    except ValueError as error:  # 1e999, or an integer of thousands of digits
        raise InvalidArgumentError("JSON Parse error: Number too big to be stored in double.") from error
    except RecursionError as error:
        raise InvalidArgumentError("JSON Parse error: arrays or objects are nested too deeply") from error
    return document


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _first_of_each_name(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    return found if len(found) == len(members) else found | dict(reversed(members))


_DECODER: Final = json.JSONDecoder(parse_float=_finite, object_pairs_hook=_first_of_each_name)


def type_name(value: Any) -> str:
    """Return the type of a JSON value, as TF Serving's errors name it."""
    return str(value) if type(value) is bool else _JSON_TYPE_NAMES[type(value)]


def is_text(text: str) -> bool:
    """Return whether a string has only characters: no half of a surrogate pair, no byte that is not UTF-8."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def shown(value: Any) -> str:
    """Return a JSON value as an error shows it: on one line, and cut off if it is long."""
    if type(value) is float:
        return decimal(value, is_double=True)
    pieces = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).iterencode(value)
    try:
        text = "".join(islice(pieces, MAX_SHOWN_CHARACTERS))
    except RecursionError:
        return "..."
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + "..."


def decimal(value: float, *, is_double: bool) -> str:
    """Write a number, even NaN or infinity, with six digits if they are exact, and with all that it needs if not."""
    return decimals([value], is_double=is_double)[0]


def decimals(values: Sequence[float], *, is_double: bool) -> list[str]:
    """Write each number as `decimal` does."""
    texts = [f"{value:g}" for value in values]
    exact, read = np.array(values, np.float64), np.array([float(text) for text in texts], np.float64)
    if not is_double:
        with np.errstate(over="ignore"):
            exact, read = exact.astype(np.float32), read.astype(np.float32)
    digits = 17 if is_double else 9
    for index in np.flatnonzero(exact != read).tolist():
        texts[index] = f"{values[index]:.{digits}g}"
    return [_SPECIAL_NUMBERS.get(text) or (text if "." in text or "e" in text else f"{text}.0") for text in texts]


def quoted(text: str) -> str:
    """Write a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def nested(texts: Sequence[str], shape: Sequence[int], *, level: int, on_one_line: bool) -> str:
    """Write elements as nested arrays, row by row.

    Args:
        texts: The written elements, as many as the shape holds.
        shape: The shape; `()` is just the one element.
        level: The indentation of the outermost array, if each element has a line of its own.
        on_one_line: Whether all elements share one line.
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
    """Return `count` parts of the same size, one after another; each text is copied once."""
    size = len(texts) // count
    return (texts[index * size : (index + 1) * size] for index in range(count))


def lines(opening: str, parts: Sequence[str], closing: str, level: int) -> str:
    """Write the members of an array or object, each on a line of its own."""
    indented = "\n" + "    " * (level + 1)
    return opening + indented + f",{indented}".join(parts) + "\n" + "    " * level + closing
