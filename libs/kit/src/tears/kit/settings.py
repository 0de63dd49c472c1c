"""Settings: one frozen class for each service, read once from `TEARS_*` environment variables.

A field `hop_seconds` of a class with `prefix = "PREPROCESSOR"` is read from `TEARS_PREPROCESSOR_HOP_SECONDS`.
"""

import logging
import os
import socket
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from tears.kit.errors import SettingsError
from tears.kit.network.listening import IF_TAKEN_VARIABLE, LISTEN_PATTERN, LISTEN_VARIABLE, LOOPBACK
from tears.kit.secrets_in_text import value_without_passwords
from tears.kit.setting_fields import (
    DEFAULT_IN_WORDS,
    ENDLESS,
    IN_WORDS,
    SECRET,
    SHARED,
    accepts,
    description_of,
    mark_of,
    parse_value,
)
from tears.kit.variables.known_variables import KNOWN_VARIABLES
from tears.kit.variables.setting_text import UnpairedQuoteError, is_empty_quotation, unknown_variables

logger = logging.getLogger(__name__)

SettingsT = TypeVar("SettingsT", bound="ServiceSettings")

ProbePort: TypeAlias = Annotated[
    int, Meta(ge=0, le=65_535, description="Port of /healthz, /readyz and /metrics; 0 takes any free one.")
]
OverloadSeconds: TypeAlias = Annotated[
    float,
    Meta(
        ge=2,
        description="While there is too much to do in time, give up what has waited for this many seconds, "
        "the oldest first.",
        extra={ENDLESS: True},
    ),
]


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings that every service has."""

    prefix: ClassVar[str] = ""

    redis_url: Annotated[
        str,
        Meta(
            pattern=r"^(redis|rediss|unix)://",
            description="Where Redis is.",
            extra={SHARED: "TEARS_REDIS_URL", IN_WORDS: "a URL that begins with redis://, rediss:// or unix://"},
        ),
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
            extra={SHARED: "TEARS_HOST", DEFAULT_IN_WORDS: "the hostname"},
        ),
    ] = msgspec.field(default_factory=socket.gethostname)
    slot: Annotated[
        int,
        Meta(
            ge=0, le=999, description="Distinguishes replicas of one service on one host.", extra={SHARED: "TEARS_SLOT"}
        ),
    ] = 0
    listen: Annotated[
        str,
        Meta(
            pattern=LISTEN_PATTERN,
            description="Who reaches the probes, and the ports of the model server: `loopback` is this machine only, "
            "`all` is every machine in the network. The containers set `all`.",
            extra={SHARED: LISTEN_VARIABLE, IN_WORDS: "loopback, or all, or an IP address of this machine"},
        ),
    ] = LOOPBACK
    port_if_taken: Annotated[
        typing.Literal["fail", "any"],
        Meta(
            description="What a service does if another program has its port: `fail` ends it with an error, `any` lets "
            "it take any free port. `./tears up` sets `any` for the ports that it chooses.",
            extra={SHARED: IF_TAKEN_VARIABLE},
        ),
    ] = "fail"
    probe_port: ProbePort = 0

    @property
    def consumer(self) -> str:
        """The stable consumer name of this process: `<host>-<slot>`."""
        return f"{self.host}-{self.slot}"


class StageSettings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of every service that draws its work from a consumer group."""

    claim_idle_seconds: Annotated[
        float, Meta(ge=0.1, le=600, description="Take over another replica's entry after this time.")
    ] = 30.0
    delivery_cap: Annotated[
        int, Meta(ge=1, le=100, description="After this many unfinished attempts an entry counts as poison.")
    ] = 5
    overload_seconds: OverloadSeconds = 5.0


@dataclass(frozen=True)
class Setting:
    """One row of the settings table."""

    variable: str
    field: str
    accepts: str
    default: str
    description: str


def load_settings(cls: type[SettingsT], environ: Mapping[str, str] | None = None) -> SettingsT:
    """Read `cls` from the environment; an empty variable counts as not set.

    White space and quotes around a value are left out. A variable that is probably a misspelt setting of `cls` is
    logged.

    Raises:
        SettingsError: Names every variable that is wrong, what it holds and what is accepted.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name, variable, annotation, _ in _fields(cls):
        text = environ.get(variable, "")
        try:
            if text and not is_empty_quotation(text):
                values[name] = parse_value(text, annotation)
        except UnpairedQuoteError:
            shown = "***" if mark_of(annotation, SECRET) else value_without_passwords(text)
            faults.append(f"{variable} is {shown}, which has a quote without a partner; leave quotes out")
        except ValueError:
            shown = "***" if mark_of(annotation, SECRET) else repr(value_without_passwords(text))
            faults.append(f"{variable} is {shown}, but must be {accepts(annotation)}")
    if faults:
        raise SettingsError("; ".join(faults))
    _warn_of_unknown(cls, environ)
    return cls(**values)


def describe_settings(cls: type[ServiceSettings]) -> list[Setting]:
    """Return the settings of `cls` in order, for the table in the docs."""
    return [
        Setting(
            variable=variable,
            field=name,
            accepts=accepts(annotation),
            default=mark_of(annotation, DEFAULT_IN_WORDS) or _show(default),
            description=description_of(annotation),
        )
        for name, variable, annotation, default in _fields(cls)
    ]


def redacted(settings: ServiceSettings) -> dict[str, str]:
    """Return the settings by variable as they may be printed: stars for secrets and for passwords in URLs."""
    shown: dict[str, str] = {}
    for name, variable, annotation, _ in _fields(type(settings)):
        value = getattr(settings, name)
        text = "***" if mark_of(annotation, SECRET) and value else _show(value)
        shown[variable] = value_without_passwords(text)
    return shown


def _fields(cls: type[ServiceSettings]) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield the name, variable, annotation and default of each field."""
    hints = typing.get_type_hints(cls, include_extras=True)
    for info in msgspec.structs.fields(cls):
        default = info.default_factory() if info.default is msgspec.NODEFAULT else info.default
        annotation = hints[info.name]
        variable = mark_of(annotation, SHARED) or f"TEARS_{cls.prefix}_{info.name.upper()}"
        yield info.name, variable, annotation, default


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(_show, value)) if isinstance(value, tuple) else str(value)


def _warn_of_unknown(cls: type[ServiceSettings], environ: Mapping[str, str]) -> None:
    own = {variable for _, variable, _, _ in _fields(cls)}
    for variable, near in unknown_variables(environ, KNOWN_VARIABLES | own):
        # Other services read the other variables, and they warn of those.
        if near in own:
            logger.warning("%s is not a setting; did you mean %s?", variable, near)
