"""The receivers in `alerts.toml`, as the page shows them: without their URLs, which hold passwords. No I/O."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tears.journal.errors import ReceiversError

# Services by the start of their URL, without the letter that stands for a secure connection.
_SERVICE_NAMES: Final = {
    "bark": "Bark",
    "discord": "Discord",
    "gotify": "Gotify",
    "json": "webhook",
    "mailto": "e-mail",
    "matrix": "Matrix",
    "mqtt": "MQTT",
    "ntfy": "ntfy",
    "pover": "Pushover",
    "signal": "Signal",
    "slack": "Slack",
    "tgram": "Telegram",
    "whatsapp": "WhatsApp",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownReceiver:
    """One receiver.

    Attributes:
        services: what its URLs reach, such as "ntfy".
        kinds: what it is told, in the words of the file; empty for the usual kinds.
        rooms: the rooms that it is told about; empty for all.
        hours: when it is told, as in the file; empty for always.
        repeat_seconds: how often it is told again; 0 for never.
        escalates_to: who is told if nobody reacts; empty for nobody.
    """

    name: str
    services: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    hours: tuple[str, ...] = ()
    repeat_seconds: float = 0.0
    escalates_to: str = ""


def shown_receivers(text: str) -> list[ShownReceiver]:
    """Return the receivers in the text of an `alerts.toml`. The alerter judges whether they can be used.

    Raises:
        ReceiversError: The text is not TOML, or has no list of receivers.
    """
    try:
        tables = tomllib.loads(text.removeprefix("\ufeff")).get("receivers", [])
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ReceiversError(
            "The file of receivers is not TOML: {reason}. Correct it in an editor.", reason=error
        ) from error
    if not isinstance(tables, list):
        raise ReceiversError("The file of receivers has no list of receivers. Correct it in an editor.")
    return [_shown(table) for table in tables if isinstance(table, dict)]


def service_name(url: str) -> str:
    """Return what a URL reaches, in a parent's words; nothing else of it is shown."""
    scheme = url.partition(":")[0].lower()
    return _SERVICE_NAMES.get(scheme) or _SERVICE_NAMES.get(scheme.removesuffix("s")) or scheme


def _shown(table: Mapping[str, Any]) -> ShownReceiver:
    repeat_seconds = table.get("repeat_seconds", 0.0)
    return ShownReceiver(
        name=str(table.get("name", "")),
        services=tuple(dict.fromkeys(map(service_name, _texts(table, "urls")))),
        kinds=_texts(table, "kinds"),
        rooms=_texts(table, "rooms"),
        hours=_texts(table, "hours"),
        repeat_seconds=float(repeat_seconds) if isinstance(repeat_seconds, int | float) else 0.0,
        escalates_to=str(table.get("escalate_to", "")),
    )


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    return tuple(str(one) for one in value) if isinstance(value, list) else (str(value),)
