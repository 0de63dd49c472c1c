"""The page where a parent says that the baby cried and Tears missed it."""

import datetime as dt
import functools
import time
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.history import HistoryFile
from tears.journal.history.records import ClipState, NearMiss, ParentLabel, Verdict
from tears.journal.parts import JournalParts
from tears.journal.web.drawing.curve import Columns, Stripe, columns_of
from tears.journal.web.errors import NotNowError, NotThereError, WebError
from tears.journal.web.guards import require
from tears.journal.web.pages.missed.asked_stretch import STRETCH_MINUTES, AskedStretch, asked_stretch
from tears.journal.web.pages.posting import form_route, giver_of, see
from tears.journal.web.pages.sound_words import length_words
from tears.journal.web.rendering import render, words_for
from tears.kit.calendar.nights import ONE_DAY

# What is drawn before and after the stretch, so that a parent sees whether it is the right one.
_AROUND_SECONDS: Final = 300.0
_PREVIEW_COLUMNS: Final = 300
_MOST_MARKS: Final = 50
_MOST_CANDIDATES: Final = 6
# A parent who comes at once finds the last minutes filled in.
_USUAL_MINUTES: Final = 2


class ShownMark(NamedTuple):
    """What a parent has marked; `is_kept` says whether it can be played."""

    label: ParentLabel
    room: str
    is_kept: bool


class StretchPreview(NamedTuple):
    """A stretch with the minutes around it.

    Attributes:
        from_at: the start of the drawing, seconds since 1970; `to_at` is its end.
        chosen: where the stretch lies in it.
        earlier: the query that asks for the stretch a minute earlier; `later` likewise.
    """

    from_at: float
    to_at: float
    columns: Columns
    chosen: Stripe
    earlier: str
    later: str

    @property
    def is_unheard(self) -> bool:
        """Whether nobody listened in all of it."""
        return bool(self.columns.holes.all())


def missed_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    history = parts.history

    @require(Role.GUEST)
    def show_missed(request: Request) -> Response:
        """Show the form, the stretch that the query names, and what has been marked before."""
        mics = history.mics()
        now_at = parts.clock.wall_seconds()
        asked = asked_stretch(request.query_params, mics) if "time" in request.query_params else None
        filled = asked or AskedStretch(mics[0] if mics else "", now_at - 60 * _USUAL_MINUTES, _USUAL_MINUTES)
        return render(
            request,
            "missed.html",
            mics=[(mic, parts.name_of(mic)) for mic in mics],
            filled=filled,
            day=dt.date.fromtimestamp(filled.from_at),  # noqa: DTZ012 - local time is meant
            time=_clock(filled),
            lengths=STRETCH_MINUTES,
            preview=None if asked is None else _preview(history, asked),
            has_sound=asked is not None
            and parts.clips is not None
            and parts.clips.has_sound(asked.mic, asked.from_at, asked.to_at),
            marks=[_shown_mark(parts, one) for one in _marks(history)[:_MOST_MARKS]],
            candidates=_candidates(history, now_at),
            length_of=functools.partial(length_words, now_at=now_at, words=words_for(request)),
            done=request.query_params.get("done", ""),
            fault=history.fault,
            today=dt.date.fromtimestamp(now_at),  # noqa: DTZ012 - local time is meant
        )

    def mark(request: Request, form: FormData) -> Response:
        """Keep a stretch as crying that was missed, with its sound."""
        asked = asked_stretch(form, history.mics())
        if asked.from_at > parts.clock.wall_seconds():
            raise WebError("This time is still to come. Choose one that is over.")
        if parts.clips is None:
            raise NotNowError("Sounds cannot be kept at present.")
        kept = parts.clips.mark(asked.mic, asked.from_at, asked.to_at, Verdict.CRYING, made_by=giver_of(request))
        return see(request, "/missed", done="marked" if kept.clip.state is ClipState.KEPT else "marked-without-sound")

    def unmark(request: Request, _form: FormData) -> Response:
        """Delete a mark and its sound."""
        label_id = request.path_params["id"]
        if label_id not in {one.id for one in _marks(history)}:
            raise NotThereError("This mark is not there any more.")
        if parts.clips is not None:
            parts.clips.delete(label_id)
        history.delete(label_id)
        return see(request, "/missed", done="unmarked")

    return [
        Route("/missed", show_missed),
        form_route("/missed", mark),
        form_route("/missed/{id}/delete", unmark, up=2),
    ]


def _marks(history: HistoryFile) -> list[ParentLabel]:
    """Return what parents have marked, the latest first."""
    found = [one for one in history.labels() if one.episode_id is None and one.near_miss_id is None]
    return sorted(found, key=lambda one: -one.from_at)


def _shown_mark(parts: JournalParts, label: ParentLabel) -> ShownMark:
    is_kept = parts.history.clip(label.id).state is ClipState.KEPT
    return ShownMark(label, parts.name_of(label.mic), is_kept=is_kept)


def _candidates(history: HistoryFile, now_at: float) -> list[NearMiss]:
    """Return what sounded most like crying in the last day, and has no answer yet; the latest first."""
    found = [one for one in history.near_misses(None, now_at - ONE_DAY.total_seconds(), now_at) if one.label is None]
    most = sorted(found, key=lambda one: -one.peak_score)[:_MOST_CANDIDATES]
    return sorted(most, key=lambda one: -one.began_at)


def _preview(history: HistoryFile, asked: AskedStretch) -> StretchPreview:
    from_at, to_at = asked.from_at - _AROUND_SECONDS, asked.to_at + _AROUND_SECONDS
    seconds = to_at - from_at
    return StretchPreview(
        from_at=from_at,
        to_at=to_at,
        columns=columns_of(history.series(asked.mic, from_at, to_at), _PREVIEW_COLUMNS),
        chosen=Stripe(round(100 * _AROUND_SECONDS / seconds, 2), round(100 * 60 * asked.minutes / seconds, 2)),
        earlier=_query(asked.moved(-1)),
        later=_query(asked.moved(1)),
    )


def _clock(stretch: AskedStretch) -> str:
    return time.strftime("%H:%M", time.localtime(stretch.from_at))


def _query(stretch: AskedStretch) -> str:
    day = dt.date.fromtimestamp(stretch.from_at)  # noqa: DTZ012 - local time is meant
    return urlencode({"mic": stretch.mic, "day": day, "time": _clock(stretch), "minutes": stretch.minutes})
