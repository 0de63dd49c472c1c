"""One field of a settings class: its variable, what it accepts, and how its text is parsed.

The annotation of the field (`msgspec.Meta`) holds all of that, so that validation, messages and docs have one source.
"""

import math
import types
from typing import Any

import msgspec
from msgspec import Meta

from tears.kit.variables.setting_text import items_of, unquoted

# Marks in Meta(extra=...).
SHARED = "variable"  # the full name of a variable that several services share
SECRET = "secret"  # noqa: S105 - the name of a mark: the value must not be printed
IN_WORDS = "words"  # what is accepted, in words that say more than a pattern or a type
DEFAULT_IN_WORDS = "default"  # words for a default that differs from machine to machine
ENDLESS = "endless"  # a number may be `inf`

_NUMBER_WORDS = {"number": "a number", "integer": "a whole number", "boolean": "true or false"}
_BOUND_WORDS = (
    ("minimum", "from"),
    ("exclusiveMinimum", "above"),
    ("maximum", "to"),
    ("exclusiveMaximum", "below"),
    ("maxLength", "of a length up to"),
    ("minItems", "with a number of items from"),
    ("maxItems", "with a number of items to"),
)


def mark_of(annotation: Any, mark: str) -> Any:
    """Return the value of a mark; None if the field does not have it."""
    metas = [part for part in getattr(annotation, "__metadata__", ()) if isinstance(part, Meta)]
    return next((meta.extra[mark] for meta in metas if meta.extra and mark in meta.extra), None)


def description_of(annotation: Any) -> str:
    """Return what the setting does, in one sentence."""
    return str(msgspec.json.schema(annotation).get("description", ""))


def accepts(annotation: Any) -> str:
    """Return what a field accepts, in words: "a number from 0 to 45, or auto"."""
    if words := mark_of(annotation, IN_WORDS):
        return str(words)
    schema = msgspec.json.schema(annotation)
    parts = [_accepts_one(part) for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    return ", or ".join([*parts, "inf"] if mark_of(annotation, ENDLESS) else parts)


def parse_value(text: str, annotation: Any) -> Any:
    """Return the value that a text stands for, without quotes around it; white space separates the items of a list.

    NaN and infinities are never accepted, except `inf` for a number with that mark.

    Raises:
        UnpairedQuoteError: There is a quote at one end only.
        ValueError: The text is not accepted. msgspec's errors are ValueErrors too.
    """
    bare = annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation
    is_list = isinstance(bare, types.GenericAlias) and bare.__origin__ is tuple
    value = msgspec.convert(items_of(text) if is_list else unquoted(text), annotation, strict=False)
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, float) and not math.isfinite(item) and not (item > 0 and mark_of(annotation, ENDLESS)):
            raise ValueError(text)
    return value


def _accepts_one(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    words = [_NUMBER_WORDS.get(schema.get("type", ""), "text")]
    if schema.get("type") == "array":
        words = ["a list, with white space between its items, each", _accepts_one(schema.get("items", {}))]
    for key, word in _BOUND_WORDS:
        if key in schema:
            number = schema[key]
            words.append(f"{word} {int(number) if number == int(number) else number}")
    if "pattern" in schema:
        words.append(f"matching {schema['pattern']}")
    return " ".join(words)
