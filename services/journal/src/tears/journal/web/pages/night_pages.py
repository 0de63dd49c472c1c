"""The pages of nights, days and months."""

import calendar
import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.history.records import DayFigures, KeptStretch
from tears.journal.parts import JournalParts
from tears.journal.web.guards import require
from tears.journal.web.pages.asked_dates import ONE_WEEK, asked_date, asked_month
from tears.journal.web.pages.posting import see
from tears.journal.web.pages.sound_words import length_words
from tears.journal.web.pages.stretch_view import room_views
from tears.journal.web.rendering import render, words_for
from tears.journal.web.words.page_words import PageWords
from tears.kit.calendar.nights import ONE_DAY, last_night

# Nights with this many minutes of crying have the strongest colour of the calendar.
_MOST_SHADES: Final = 4
_SHADE_MINUTES: Final = 15


@dataclass(frozen=True, slots=True)
class NightRow:
    """A night of the week's overview, with the rooms that somebody listened to."""

    evening: dt.date
    rooms: tuple[DayFigures, ...]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar. `much` is the shade, 0 to 4; `is_known` says whether anybody listened that night."""

    date: dt.date
    minutes: int
    much: int
    is_known: bool


def night_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    history = parts.history

    def today() -> dt.date:
        return dt.date.fromtimestamp(parts.clock.wall_seconds())  # noqa: DTZ012 - local time is meant

    def last_evening() -> dt.date:
        return last_night(parts.clock.wall_seconds()).evening

    @require(Role.GUEST)
    def show_nights(request: Request) -> Response:
        """Show the week that ends with the last night, or with the one that the query names."""
        words = words_for(request)
        latest = last_evening()
        last = min(latest, asked_date(request.query_params["until"])) if "until" in request.query_params else latest
        first = last - ONE_WEEK + ONE_DAY
        figures = history.nights(first, last)
        evenings = [last - k * ONE_DAY for k in range(7)]
        return render(
            request,
            "nights.html",
            heading=words.dates(first, last),
            nights=[NightRow(one, tuple(room for room in figures if room.date == one)) for one in evenings],
            facts=_week_facts(figures, words),
            most_seconds=max((one.crying_seconds for one in figures), default=0.0),
            has_rooms=len({one.mic for one in figures}) > 1,
            said=words.say("Deleted.") if request.query_params.get("done") == "deleted" else "",
            before=f"/nights?until={last - ONE_WEEK}",
            after=f"/nights?until={min(latest, last + ONE_WEEK)}" if last < latest else "",
            fault=history.fault,
            today=today(),
        )

    @require(Role.GUEST)
    def show_night(request: Request) -> Response:
        """Show a night from 18:00 to 10:00."""
        words = words_for(request)
        evening = asked_date(request.path_params["date"])
        heading = words.say("Night of {day}", day=words.weekday_date(evening))
        return _show_stretch(
            request,
            history.night(evening),
            heading,
            before=f"/nights/{evening - ONE_DAY}",
            before_words=words.say("The night before"),
            after=f"/nights/{evening + ONE_DAY}" if evening < last_evening() else "",
            after_words=words.say("The night after"),
        )

    @require(Role.GUEST)
    def show_today(request: Request) -> Response:
        """Lead to the day that goes on."""
        return see(request, f"/days/{today()}")

    @require(Role.GUEST)
    def show_this_month(request: Request) -> Response:
        """Lead to the month that goes on."""
        return see(request, f"/calendar/{today():%Y-%m}")

    @require(Role.GUEST)
    def show_day(request: Request) -> Response:
        """Show a day from midnight to midnight."""
        words = words_for(request)
        day = asked_date(request.path_params["date"])
        return _show_stretch(
            request,
            history.day(day),
            words.weekday_date(day),
            before=f"/days/{day - ONE_DAY}",
            before_words=words.say("The day before"),
            after=f"/days/{day + ONE_DAY}" if day < today() else "",
            after_words=words.say("The day after"),
        )

    @require(Role.GUEST)
    def show_month(request: Request) -> Response:
        """Show the minutes of crying in each night of a month."""
        words = words_for(request)
        first = asked_month(request.path_params["month"])
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        following = last + ONE_DAY
        monday = dt.date(2024, 1, 1)
        return render(
            request,
            "calendar.html",
            heading=words.say("{month} {year}", month=words.month(first), year=first.year),
            weeks=_weeks(first, history.nights(first, last)),
            weekdays=[
                (words.short_weekday(day), words.weekday(day)) for day in (monday + k * ONE_DAY for k in range(7))
            ],
            before=f"/calendar/{first - ONE_DAY:%Y-%m}",
            after=f"/calendar/{following:%Y-%m}" if following <= today() else "",
            fault=history.fault,
            today=today(),
        )

    def _show_stretch(request: Request, stretch: KeptStretch, heading: str, **links: Any) -> Response:
        now_at, words = parts.clock.wall_seconds(), words_for(request)
        return render(
            request,
            "stretch.html",
            heading=heading,
            rooms=room_views(stretch, now_at, words),
            length_of=functools.partial(length_words, now_at=now_at, words=words),
            fault=history.fault,
            today=today(),
            **links,
        )

    return [
        Route("/nights", show_nights),
        Route("/nights/{date}", show_night),
        Route("/days", show_today),
        Route("/days/{date}", show_day),
        Route("/calendar", show_this_month),
        Route("/calendar/{month}", show_month),
    ]


def _week_facts(figures: list[DayFigures], words: PageWords) -> list[tuple[str, str]]:
    """Return the figures of the week with their names; of rooms that cry at the same time, each counts."""
    nights = len({one.date for one in figures})
    if not nights:
        return [(words.say("Nights"), words.say("Nobody listened in this week"))]
    crying_seconds = sum(one.crying_seconds for one in figures)
    return [
        (words.say("Crying a night"), words.duration(crying_seconds / nights)),
        (words.say("Times a night"), words.average(sum(one.episodes for one in figures) / nights)),
        (words.say("Longest crying"), words.duration(max(one.longest_seconds for one in figures))),
        (words.say("Crying in all"), words.duration(crying_seconds)),
    ]


def _weeks(first: dt.date, figures: list[DayFigures]) -> list[list[CalendarDay | None]]:
    """Return the weeks of a month, Monday first; a day of another month is None."""
    days = []
    for number in range(1, calendar.monthrange(first.year, first.month)[1] + 1):
        date = first.replace(day=number)
        rooms = [one for one in figures if one.date == date]
        minutes = -(-round(sum(one.crying_seconds for one in rooms)) // 60)
        much = min(_MOST_SHADES, -(-minutes // _SHADE_MINUTES))
        days.append(CalendarDay(date, minutes, much, is_known=bool(rooms)))
    cells = [None] * first.weekday() + days
    cells += [None] * (-len(cells) % 7)
    return [cells[k : k + 7] for k in range(0, len(cells), 7)]
