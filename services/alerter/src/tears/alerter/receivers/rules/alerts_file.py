"""Read `alerts.toml`: the receivers and what each of them wants. No I/O but the reading of the file."""

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tears.alerter.errors import AlertsFileError
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.wording import LANGUAGES, Language
from tears.alerter.receivers.rules.daily_hours import DailyHours, parse_hours
from tears.alerter.receivers.rules.receiver_rule import (
    USUAL_KINDS,
    USUAL_REPEATS,
    AlertsFile,
    ReceiverRule,
    mics_of_rooms,
)
from tears.kit.files import reason_and_cure
from tears.kit.variables.setting_text import UnpairedQuoteError, unquoted

# A file of this size is no list of receivers.
MOST_BYTES = 256 * 1024
MOST_RECEIVERS = 50
LONGEST_NAME = 80
_FILE_KEYS = ("receivers", "quiet_hours")

_Texts = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1, max_length=20)]


class _ReceiverTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[receivers]]` table as it stands in the file; a single text stands for a list of one."""

    name: Annotated[str, Meta(pattern=rf"^[^\x00-\x1f\x7f]{{0,{LONGEST_NAME}}}\Z")]
    urls: _Texts
    kinds: Annotated[tuple[NoticeKind, ...], Meta(min_length=1)] = USUAL_KINDS
    rooms: _Texts | None = None
    hours: _Texts | None = None
    after_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 0.0
    repeat_seconds: Annotated[float, Meta(ge=10, le=86_400)] | None = None
    repeat_most: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    escalate_to: Annotated[str, Meta(min_length=1)] | None = None
    escalate_after_seconds: Annotated[float, Meta(ge=0, le=86_400)] | None = None
    language: Language | None = None
    clip: bool = False


# Keys whose value may be one text in place of a list.
_LIST_KEYS = ("urls", "kinds", "rooms", "hours")
_CURLY_QUOTES = re.compile("[\u2018-\u201f]")
# A key that may be shown: one in quotes may be a URL with its password.
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_CHOICES: dict[str, tuple[str, ...]] = {"kinds": tuple(NoticeKind), "language": LANGUAGES}


def read_alerts_file(path: Path) -> AlertsFile:
    """Return what the file says.

    Raises:
        AlertsFileError: It cannot be read, or says what no receiver can do. The text names the place and the cure, and
            shows no URL.
    """
    return parse_alerts_of(read_alerts_text(path), path)


def read_alerts_text(path: Path) -> str:
    """Return the text of the file; raise AlertsFileError if it cannot be read or is no text of a list of receivers."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise AlertsFileError(f"{path} is a pipe or a device; put a file with the receivers in its place")
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise AlertsFileError(f"{path} cannot be read: {reason_and_cure(error)}") from error
    if len(content) > MOST_BYTES:
        raise AlertsFileError(f"{path} has more than {MOST_BYTES // 1024} KiB, so it is not a list of receivers")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise AlertsFileError(f"{path} is not UTF-8 text; save it as UTF-8") from error


def _open_without_waiting(path: str, flags: int) -> int:
    # A pipe that nobody writes to would hold up whoever opens it, for good.
    return os.open(path, flags | os.O_NONBLOCK)


def parse_alerts_of(text: str, path: Path, *, is_lenient: bool = False) -> AlertsFile:
    """Return what the text of the file at `path` says; raise AlertsFileError, with the path in its words."""
    try:
        return parse_alerts(text, is_lenient=is_lenient)
    except AlertsFileError as error:
        raise AlertsFileError(f"{path}: {error}") from error


def parse_alerts(text: str, *, is_lenient: bool = False) -> AlertsFile:
    """Return what the text of an `alerts.toml` says; raise AlertsFileError.

    With `is_lenient`, blank names and unpaired quotes are taken, as earlier releases did; a blank room is left out.
    """
    try:
        # An editor on Windows begins a file with this mark.
        tables = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise AlertsFileError(f"this is not TOML: {error}{_cure_of_syntax(text, str(error))}") from error
    except RecursionError as error:
        raise AlertsFileError("lists are nested too deeply; no receiver needs a list in a list") from error
    except ValueError as error:
        # Its text would hold the number.
        raise AlertsFileError("a number has thousands of digits; shorten it") from error
    _refuse_unknown(tables, _FILE_KEYS, "")
    found = tables.get("receivers")
    if not isinstance(found, list) or not found:
        raise AlertsFileError("there is no receiver; begin each one with a line [[receivers]]")
    if len(found) > MOST_RECEIVERS:
        raise AlertsFileError(f"there are {len(found)} receivers, and {MOST_RECEIVERS} at most may be named")
    rules = tuple(_rule(table, number, is_lenient=is_lenient) for number, table in enumerate(found, 1))
    _check_together(rules)
    return AlertsFile(receivers=rules, quiet_hours=_hours(_as_list(tables.get("quiet_hours", [])), "quiet_hours"))


def _cure_of_syntax(text: str, error: str) -> str:
    if "('receivers',)" in error:
        return "; begin each receiver with a line [[receivers]]"
    if _CURLY_QUOTES.search(text):
        return '; it has curly quotes, as phones and word processors write them: use straight ones, "'
    return ""


def _rule(table: Any, number: int, *, is_lenient: bool) -> ReceiverRule:
    place = f"receiver {number}"
    if not isinstance(table, dict):
        raise AlertsFileError(f"{place} is no table; begin it with a line [[receivers]]")
    if isinstance(table.get("name"), str):
        place = f"receiver {table['name'][:LONGEST_NAME]!r}"
    _refuse_unknown(table, _ReceiverTable.__struct_fields__, f"{place}: ")
    listed = {key: _as_list(value) if key in _LIST_KEYS else value for key, value in table.items()}
    if not is_lenient:
        listed = {key: _bare(value) for key, value in listed.items()}
    try:
        read = msgspec.convert(listed, type=_ReceiverTable)
    except msgspec.ValidationError as error:
        raise AlertsFileError(f"{place}: {_in_words(str(error))}") from error
    if read.repeat_most and not read.repeat_seconds:
        raise AlertsFileError(f"{place}: repeat_most needs repeat_seconds, the time between two repeats")
    if NoticeKind.STILL_CRYING in read.kinds and not read.repeat_seconds:
        raise AlertsFileError(f"{place}: still_crying is the repeat of crying; set repeat_seconds")
    if (read.escalate_to is None) != (read.escalate_after_seconds is None):
        raise AlertsFileError(f"{place}: escalate_to and escalate_after_seconds need each other")
    if not read.name:
        raise AlertsFileError(f"{place}: the name is blank; write one")
    rooms = tuple(room.strip() for room in read.rooms or ())
    if "" in rooms and not is_lenient:
        raise AlertsFileError(
            f"{place}: rooms has a blank name, so nobody would be told; write one, or leave rooms out"
        )
    return ReceiverRule(
        name=read.name,
        urls=tuple(dict.fromkeys(read.urls)) if is_lenient else _urls(read.urls, place),
        kinds=read.kinds,
        rooms=mics_of_rooms(tuple(filter(None, rooms))),
        hours=_hours(read.hours or (), f"{place}: hours"),
        after_seconds=read.after_seconds,
        repeat_seconds=read.repeat_seconds or 0.0,
        repeat_most=read.repeat_most or USUAL_REPEATS,
        escalate_to=read.escalate_to or "",
        escalate_after_seconds=read.escalate_after_seconds or 0.0,
        language=read.language or "",
        clip=read.clip,
    )


def _check_together(rules: Sequence[ReceiverRule]) -> None:
    """Raise AlertsFileError if rules do not fit together."""
    names = [rule.name for rule in rules]
    for rule in rules:
        if names.count(rule.name) > 1:
            raise AlertsFileError(f"two receivers are called {rule.name!r}; give each a name of its own")
        if rule.escalate_to == rule.name:
            raise AlertsFileError(f"receiver {rule.name!r}: escalate_to must name another receiver")
        if rule.escalate_to and rule.escalate_to not in names:
            near = difflib.get_close_matches(rule.escalate_to, names, n=1)
            cure = f"did you mean {near[0]!r}?" if near else f"the receivers are {', '.join(names)}"
            raise AlertsFileError(f"receiver {rule.name!r}: escalate_to is {rule.escalate_to!r}, which is none; {cure}")
    owners: dict[str, str] = {}
    for rule in rules:
        for number, url in enumerate(rule.urls, 1):
            if url in owners:
                raise AlertsFileError(
                    f"receiver {rule.name!r}: URL {number} is that of {owners[url]!r}; a URL belongs to one receiver, "
                    "which may have several hours"
                )
            owners[url] = rule.name


def _urls(texts: Sequence[str], place: str) -> tuple[str, ...]:
    """Return the URLs, each once, without what people leave around them, as in TEARS_ALERTER_NOTIFY."""
    try:
        return tuple(dict.fromkeys(map(unquoted, texts)))
    except UnpairedQuoteError:
        raise AlertsFileError(f"{place}: a URL has a quote without a partner; leave the quote out") from None


def _refuse_unknown(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for key in table:
        if key in known:
            continue
        if not _BARE_KEY.fullmatch(key):
            raise AlertsFileError(f"{place}a key is no plain word; there are {', '.join(known)}")
        if key in _FILE_KEYS:
            raise AlertsFileError(f"{place}{key} is about the whole house; write it above the first line [[receivers]]")
        if key in _ReceiverTable.__struct_fields__:
            raise AlertsFileError(f"{place}{key} is about one receiver; write it below a line [[receivers]]")
        near = difflib.get_close_matches(key, known, n=1)
        cure = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise AlertsFileError(f"{place}{key} is not known; {cure}")


def _hours(texts: Sequence[Any], place: str) -> tuple[DailyHours, ...]:
    try:
        return tuple(parse_hours(str(text)) for text in texts)
    except ValueError as error:
        raise AlertsFileError(f"{place}: {error}") from error


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _bare(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _in_words(message: str) -> str:
    """Return what msgspec says, as "repeat_seconds: expected `float` >= 10.0"; it never shows a value."""
    if missing := re.fullmatch(r"Object missing required field `(\w+)`", message):
        return f"{missing[1]} is missing"
    what, _, place = message.partition(" - at `$.")
    where = place.rstrip("`")
    if choices := _CHOICES.get(where.partition("[")[0], ()) if "enum value" in what else ():
        return f"{where}: there are only {', '.join(choices)}"
    if where == "name" and "regex" in what:
        return f"name: write up to {LONGEST_NAME} characters on one line"
    words = what[:1].lower() + what[1:]
    return f"{where}: {words}" if where else words
