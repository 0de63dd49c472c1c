"""Settings: one frozen class per service, read once from `TEARS_*` environment variables.

A field `hop_seconds` of a class with `prefix = "PREPROCESSOR"` is read from `TEARS_PREPROCESSOR_HOP_SECONDS`. Accepted
ranges stand in the field's annotation (`msgspec.Meta`), so that validation, the message and the docs have one source.
"""

from __future__ import annotations

import difflib
import logging
import math
import os
import re
import socket
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from tears.kit.errors import SettingsError

logger = logging.getLogger(__name__)

S = TypeVar("S", bound="ServiceSettings")

# Marks, carried in Meta(extra=...): the full name of a variable that services share, what must not be printed, words
# for a default that differs from machine to machine, and (True) that a number may be `inf`.
SHARED = "variable"
SECRET = "secret"  # noqa: S105 - the name of a mark, not a password
DEFAULT = "default"
ENDLESS = "endless"

# Up to the last @: a password may hold anything. Cameras take theirs behind many names, in the query or in the path.
_URL_PASSWORD = re.compile(
    r"(://)\S*(?=@)|((?<![A-Za-z0-9])(?:password|passwd|pass|pwd|psw|token|secret|key|auth)=)[^&\s]*", re.IGNORECASE
)


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every service is told."""

    prefix: ClassVar[str] = ""

    redis_url: Annotated[
        str,
        Meta(pattern=r"^(redis|rediss|unix)://", description="Where Redis is.", extra={SHARED: "TEARS_REDIS_URL"}),
    ] = "redis://127.0.0.1:6379/0"
    log_level: Annotated[
        typing.Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        Meta(description="The least severe lines to print.", extra={SHARED: "TEARS_LOG_LEVEL"}),
    ] = "INFO"
    log_format: Annotated[
        typing.Literal["auto", "json", "text"],
        Meta(description="`auto` is text on a terminal, else JSON.", extra={SHARED: "TEARS_LOG_FORMAT"}),
    ] = "auto"
    host: Annotated[
        str,
        Meta(
            min_length=1,
            description="This machine's name in consumer names and leases.",
            extra={SHARED: "TEARS_HOST", DEFAULT: "the hostname"},
        ),
    ] = msgspec.field(default_factory=socket.gethostname)
    slot: Annotated[
        int,
        Meta(
            ge=0, le=999, description="Tells replicas of one service on one host apart.", extra={SHARED: "TEARS_SLOT"}
        ),
    ] = 0
    probe_port: Annotated[
        int, Meta(ge=0, le=65_535, description="Port of /healthz, /readyz and /metrics; 0 takes any free one.")
    ] = 0

    @property
    def consumer(self) -> str:
        """The stable consumer name of this process: `<host>-<slot>`."""
        return f"{self.host}-{self.slot}"


@dataclass(frozen=True)
class Setting:
    """One row of the settings table."""

    variable: str
    field: str
    accepts: str
    default: str
    description: str


def load_settings(cls: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Reads `cls` from the environment.

    Raises:
        SettingsError: names every variable that is wrong, what it holds and what is accepted.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, annotation, _ in _fields(cls):
        variable = variable_of(cls, name, annotation)
        text = environ.get(variable, "")
        if text == "":
            continue
        try:
            values[name] = _parse(text, annotation)
        except ValueError:
            shown = "***" if _mark(annotation, SECRET) else without_passwords(repr(text))
            faults.append(f"{variable} is {shown}, but must be {accepts(annotation)}")
    if faults:
        raise SettingsError("; ".join(faults))
    _warn_of_unknown(cls, environ)
    return cls(**values)


def describe_settings(cls: type[ServiceSettings]) -> list[Setting]:
    """The settings of `cls` in order, for the docs' table."""
    return [
        Setting(
            variable=variable_of(cls, name, annotation),
            field=name,
            accepts=accepts(annotation),
            default=_mark(annotation, DEFAULT) or _show(default),
            description=_schema(annotation).get("description", ""),
        )
        for name, annotation, default in _fields(cls)
    ]


def redacted(settings: ServiceSettings) -> dict[str, str]:
    """The settings as they may be printed: secrets starred, passwords in URLs too."""
    shown: dict[str, str] = {}
    for name, annotation, _ in _fields(type(settings)):
        value = getattr(settings, name)
        text = "***" if _mark(annotation, SECRET) and value else _show(value)
        shown[variable_of(type(settings), name, annotation)] = without_passwords(text)
    return shown


def variable_of(cls: type[ServiceSettings], name: str, annotation: Any) -> str:
    """The environment variable that a field is read from."""
    shared: str | None = _mark(annotation, SHARED)
    return shared or f"TEARS_{cls.prefix}_{name.upper()}"


def accepts(annotation: Any) -> str:
    """What a field takes, in words: "a number from 0 to 45, or auto"."""
    schema = _schema(annotation)
    parts = [_accepts_one(part) for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    return ", or ".join([*parts, "inf"] if _mark(annotation, ENDLESS) else parts)


def _accepts_one(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"])
    kinds = {"number": "a number", "integer": "a whole number", "boolean": "true or false"}
    words = [kinds.get(schema.get("type", ""), "text")]
    if schema.get("type") == "array":
        words = ["a list, with white space between its items, each", _accepts_one(schema.get("items", {}))]
    for key, word in (
        ("minimum", "from"),
        ("exclusiveMinimum", "above"),
        ("maximum", "to"),
        ("exclusiveMaximum", "below"),
        ("maxLength", "of a length up to"),
        ("minItems", "and in number at least"),
        ("maxItems", "and in number at most"),
    ):
        if key in schema:
            number = schema[key]
            words.append(f"{word} {int(number) if number == int(number) else number}")
    if "pattern" in schema:
        words.append(f"matching {schema['pattern']}")
    return " ".join(words)


def _fields(cls: type[ServiceSettings]) -> Iterator[tuple[str, Any, Any]]:
    hints = typing.get_type_hints(cls, include_extras=True)
    for info in msgspec.structs.fields(cls):
        default = info.default_factory() if info.default is msgspec.NODEFAULT else info.default
        yield info.name, hints[info.name], default


def _metas(annotation: Any) -> Iterator[Meta]:
    for part in getattr(annotation, "__metadata__", ()):
        if isinstance(part, Meta):
            yield part


def _mark(annotation: Any, mark: str) -> Any:
    return next((meta.extra[mark] for meta in _metas(annotation) if meta.extra and mark in meta.extra), None)


def _schema(annotation: Any) -> dict[str, Any]:
    return msgspec.json.schema(annotation)


def _parse(text: str, annotation: Any) -> Any:
    """Raises ValueError (as msgspec's errors are) where the text is not accepted.

    NaN never is, nor are infinities, but `inf` for a number that is marked so.
    """
    value = msgspec.convert(_split(text, annotation), annotation, strict=False)
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, float) and not math.isfinite(item) and not (item > 0 and _mark(annotation, ENDLESS)):
            raise ValueError(text)
    return value


def _split(text: str, annotation: Any) -> Any:
    """A list is written with white space between its items."""
    bare = annotation.__origin__ if hasattr(annotation, "__metadata__") else annotation
    is_list = isinstance(bare, types.GenericAlias) and bare.__origin__ is tuple
    return text.split() if is_list else text


def without_passwords(text: str) -> str:
    """As it may be printed: what looks like a password in a URL is starred."""
    return _URL_PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", text)


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(_show, value)) if isinstance(value, tuple) else str(value)


def _warn_of_unknown(cls: type[ServiceSettings], environ: Mapping[str, str]) -> None:
    known = [variable_of(cls, name, annotation) for name, annotation, _ in _fields(cls)]
    for variable in sorted(set(environ) - set(known)):
        near = difflib.get_close_matches(variable, known, n=1, cutoff=0.85)
        # Only what looks like a slip of the pen: orchestrators set TEARS_<SERVICE>_* variables of their own.
        if variable.startswith(f"TEARS_{cls.prefix}_") and near:
            logger.warning("%s is no setting; did you mean %s?", variable, near[0])
