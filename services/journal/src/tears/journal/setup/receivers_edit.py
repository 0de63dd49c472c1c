"""Change the text of an `alerts.toml`, and leave everything else in it as a person wrote it. No I/O."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tears.journal.errors import ReceiversError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_HEAD = "# Who gets the alerts. The setup page of Tears writes this file, and you may edit it too.\n\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiverChange:
    """What a parent has put into the form of a receiver.

    Attributes:
        url: an Apprise URL; empty to keep those that the receiver has.
        hours: when it is told, such as "22:00-07:00"; empty for always.
        repeat_seconds: how often it is told again until somebody reacts; 0 for never.
    """

    name: str
    url: str = ""
    hours: tuple[str, ...] = ()
    repeat_seconds: int = 0


def with_receiver(text: str, change: ReceiverChange) -> str:
    """Return the text with one more receiver at its end.

    Raises:
        ReceiversError: The text cannot be changed, or has a receiver of this name.
    """
    # It is needed only for a change, and takes a few MB.
    import tomlkit  # noqa: PLC0415 - see above

    if not change.url:
        raise ReceiversError("Say where the alerts go: a topic of ntfy, or a URL.")
    document = _document(text or _HEAD)
    if any(_name(one) == change.name for one in document.get("receivers", [])):
        raise ReceiversError("There is a receiver {name} already. Choose another name.", name=change.name)
    table = tomlkit.table()
    table.add("name", change.name)
    table.add("urls", change.url)
    _set_options(table, change)
    if "receivers" not in document:
        document.append("receivers", tomlkit.aot())
    try:
        document["receivers"].append(table)
    except (TypeError, ValueError, AttributeError) as error:
        raise _other_form() from error
    return tomlkit.dumps(document)


def with_changed_receiver(text: str, name: str, change: ReceiverChange) -> str:
    """Return the text with other settings of a receiver; raise ReceiversError if that cannot be done."""
    import tomlkit  # noqa: PLC0415 - see `with_receiver`

    document = _document(text)
    table = document["receivers"][_place(document, name)]
    if change.name != name and any(_name(one) == change.name for one in document["receivers"]):
        raise ReceiversError("There is a receiver {name} already. Choose another name.", name=change.name)
    table["name"] = change.name
    if change.url:
        table["urls"] = change.url
    _set_options(table, change)
    for other in document["receivers"]:
        if change.name != name and other.get("escalate_to") == name:
            other["escalate_to"] = change.name
    return tomlkit.dumps(document)


def without_receiver(text: str, name: str) -> str:
    """Return the text without a receiver; raise ReceiversError if it is the last one, or cannot be removed."""
    import tomlkit  # noqa: PLC0415 - see `with_receiver`

    document = _document(text)
    place = _place(document, name)
    if len(document["receivers"]) == 1:
        raise ReceiversError("This is the only receiver: without it, nobody gets an alert. Add another one first.")
    del document["receivers"][place]
    for other in document["receivers"]:
        if other.get("escalate_to") == name:
            other.remove("escalate_to")
            other.pop("escalate_after_seconds", None)
    return tomlkit.dumps(document)


def _document(text: str) -> "TOMLDocument":
    import tomlkit  # noqa: PLC0415 - see `with_receiver`
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 - see `with_receiver`

    try:
        return tomlkit.parse(text.removeprefix("\ufeff"))
    except (TOMLKitError, RecursionError) as error:
        raise ReceiversError(
            "The file of receivers is not TOML: {reason}. Correct it in an editor.", reason=error
        ) from error


def _place(document: "TOMLDocument", name: str) -> int:
    receivers = document.get("receivers", [])
    if isinstance(receivers, list):
        for place, table in enumerate(receivers):
            if _name(table) == name:
                return place
    raise ReceiversError("There is no receiver {name} any more.", name=name)


def _name(table: Any) -> str:
    return str(table.get("name", "")) if hasattr(table, "get") else ""


def _set_options(table: Any, change: ReceiverChange) -> None:
    for key, value in (("hours", list(change.hours)), ("repeat_seconds", change.repeat_seconds)):
        if value:
            table[key] = value
        elif key in table:
            table.remove(key)
    if not change.repeat_seconds and "repeat_most" in table:
        table.remove("repeat_most")


def _other_form() -> ReceiversError:
    return ReceiversError("The file of receivers is written in a form that this page cannot change. Use an editor.")
