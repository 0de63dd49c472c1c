"""Check the time zone in the variable TZ: the C library takes a name that it does not know for UTC, in silence."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path

# A zone without a file: three letters or <...>, and the offset from UTC, as in CET-1CEST,M3.5.0,M10.5.0/3.
_RULE = re.compile(r"^(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)[+-]?\d")
_ALWAYS_KNOWN = frozenset({"UTC", "GMT", "UTC0", "GMT0"})
_ZONES_FOLDER = Path("/usr/share/zoneinfo")
# Each file of a zone begins with it.
_ZONE_MARK = b"TZif"


def time_zone_fault(environ: Mapping[str, str] = os.environ) -> str:
    """Return why the times will be shown in another zone than TZ says, with the cure; empty if they will not."""
    zone = environ.get("TZ", "").removeprefix(":")
    folder = Path(environ.get("TZDIR") or _ZONES_FOLDER)
    if not zone or zone in _ALWAYS_KNOWN or _RULE.match(zone) or _is_zone(folder / zone):
        return ""
    known = _zones(folder)
    if not known:
        return f"TZ is {zone}, but this system has no time zones in {folder}, so times are shown in UTC; install tzdata"
    near = difflib.get_close_matches(zone, known, n=1)
    cure = f"did you mean {near[0]}?" if near else "see `timedatectl list-timezones`"
    return f"TZ is {zone}, which is not a time zone, so times are shown in UTC; {cure}"


def misspelt_zone(environ: Mapping[str, str] = os.environ) -> str:
    """Return why TZ names no time zone, with the cure; empty if it names one, or if this system knows none at all.

    A path to a file that is no zone is none either, but earlier releases took it: an update must stop nothing for it.
    """
    folder = Path(environ.get("TZDIR") or _ZONES_FOLDER)
    if os.path.isfile(folder / environ.get("TZ", "").removeprefix(":")):  # noqa: PTH113 - Path.is_file may raise
        return ""
    return time_zone_fault(environ) if _zones(folder) else ""


def _is_zone(path: Path) -> bool:
    """Return whether a file is that of a zone: a path to any other file means UTC, as a misspelt name does."""
    try:
        # Never a pipe, which would hold us up.
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_ZONE_MARK)) == _ZONE_MARK
    except (OSError, ValueError):
        return False


def _zones(folder: Path) -> list[str]:
    """Return the names of the zones, such as Europe/Berlin."""
    found = (path.relative_to(folder) for path in folder.glob("*/**/*") if path.is_file())
    # posix/ and right/ hold all zones once more.
    return [str(path) for path in found if path.parts[0] not in {"posix", "right"}]
