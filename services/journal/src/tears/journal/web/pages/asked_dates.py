"""The dates in the paths of pages."""

import datetime as dt
import re
from typing import Final

from tears.journal.web.errors import NotThereError

ONE_WEEK: Final = dt.timedelta(days=7)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")
# The operating system's calendar knows the hours of these years on every machine.
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


def asked_date(text: str) -> dt.date:
    """Return the date that is written as 2026-11-29; raise NotThereError for anything else."""
    try:
        found = dt.date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise NotThereError("There is no such day. The address should end with a date such as 2026-11-29.")
    return found


def asked_month(text: str) -> dt.date:
    """Return the first day of the month that is written as 2026-11; raise NotThereError for anything else."""
    if not _MONTH.fullmatch(text):
        raise NotThereError("There is no such month. The address should end with a month such as 2026-11.")
    return asked_date(f"{text}-01")
