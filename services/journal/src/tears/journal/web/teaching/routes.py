"""The page and the API of what the ear has learnt."""

from collections.abc import Callable, Collection
from typing import Literal

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.errors import TaughtError
from tears.journal.history.records import ClipState, ParentLabel, Verdict
from tears.journal.parts import JournalParts
from tears.journal.teaching.lesson_record import LessonRecord, LessonState
from tears.journal.teaching.taught_house import TaughtHouse
from tears.journal.web.errors import NotNowError
from tears.journal.web.guards import require
from tears.journal.web.pages.posting import FormAnswer, form_route, see
from tears.journal.web.rendering import render, words_for
from tears.journal.web.teaching.trial_view import TrialSummary, summarize
from tears.own_data.teaching.lesson import LEAST_LABELLED
from tears.policy.parameters import Policy


class DoubtfulSound(msgspec.Struct, frozen=True, kw_only=True):
    """A sound whose label may be a slip; `path` is where it can be heard."""

    id: str
    name: str
    path: str


class TeachForm(msgspec.Struct, frozen=True, kw_only=True):
    """The form that begins a lesson; `listened_again` insists on answers that may be slips."""

    listened_again: Literal["yes"] | None = None


class TeachingView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the page shows, and the API gives.

    Attributes:
        crying: how many sounds with a clip a parent calls crying; `other` likewise something else.
        is_taught: whether the ear in use was taught, so that there is a way back.
        trial: what the taught ear would have done, while it is on offer.
    """

    lesson: LessonRecord
    crying: int
    other: int
    least: int
    is_taught: bool
    can_teach: bool
    trial: TrialSummary | None


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""

    @require(Role.GUEST)
    def show_teach(request: Request) -> Response:
        """Show what was taught, and the buttons to teach, use and go back."""
        view = _view(parts)
        figures = view.lesson.figures
        doubtful = _doubtful(request, parts, figures.doubtful) if figures else []
        done = request.query_params.get("done", "")
        return render(
            request, "teach.html", view=view, doubtful=doubtful, done=done, states=LessonState, name_of=parts.name_of
        )

    @require(Role.GUEST)
    def give_teaching(request: Request) -> Response:
        """Return the same as JSON."""
        del request
        return give_view()

    def give_view() -> Response:
        return Response(msgspec.json.encode(_view(parts)), media_type="application/json")

    def teach(request: Request, form: FormData) -> Response:
        """Begin a lesson."""
        _house(parts).teach(has_listened_again=form.get("listened_again") == "yes")
        return see(request, "/teach")

    def use_taught(request: Request, _form: FormData) -> Response:
        """Use the taught ear."""
        _house(parts).use()
        return see(request, "/teach", done="used")

    def take_taught_back(request: Request, _form: FormData) -> Response:
        """Go back to the ear before."""
        _house(parts).go_back()
        return see(request, "/teach", done="back")

    def discard_taught(request: Request, _form: FormData) -> Response:
        """Forget the taught ear that is on offer."""
        _house(parts).discard()
        return see(request, "/teach", done="discarded")

    return [
        Route("/teach", show_teach),
        Route("/api/v1/teaching", give_teaching),
        *(
            form_route(f"{prefix}{path}", _in_words(answer, view))
            for prefix, view in (("", None), ("/api/v1", give_view))
            for path, answer in (
                ("/teach", teach),
                ("/teach/use", use_taught),
                ("/teach/back", take_taught_back),
                ("/teach/discard", discard_taught),
            )
        ),
    ]


def _in_words(answer: FormAnswer, view: Callable[[], Response] | None) -> FormAnswer:
    """Let the reason of a TaughtError become a page in the visitor's language; the API answers with a view instead."""

    def answered(request: Request, form: FormData) -> Response:
        try:
            found = answer(request, form)
        except TaughtError as error:
            raise NotNowError(words_for(request).say(error.text, **error.values)) from error
        return found if view is None else view()

    answered.__name__ = answer.__name__
    answered.__doc__ = answer.__doc__
    return answered


def _house(parts: JournalParts) -> TaughtHouse:
    if parts.teaching is None:
        raise NotNowError("Nothing can be taught at present.")
    house: TaughtHouse = parts.teaching
    return house


def _view(parts: JournalParts) -> TeachingView:
    house = _house(parts)
    labels = [one for one in parts.history.labels() if _has_sound(parts, one)]
    crying = sum(one.verdict is Verdict.CRYING for one in labels)
    is_offered = house.record.state is LessonState.OFFERED
    return TeachingView(
        lesson=house.record,
        crying=crying,
        other=len(labels) - crying,
        least=LEAST_LABELLED,
        is_taught=house.is_taught(),
        can_teach=house.models is not None,
        trial=summarize(house.trial_scores(), _policy(house.record), parts.name_of) if is_offered else None,
    )


def _policy(record: LessonRecord) -> Policy:
    """Return the rule that alerts, with the threshold of the lesson."""
    usual = Policy()
    threshold = record.figures.threshold if record.figures else usual.open_threshold
    return Policy(open_threshold=threshold, close_threshold=min(usual.close_threshold, threshold))


def _has_sound(parts: JournalParts, label: ParentLabel) -> bool:
    state: ClipState = parts.history.clip(label.episode_id or label.near_miss_id or label.id).state
    return state is ClipState.KEPT


def _doubtful(request: Request, parts: JournalParts, ids: Collection[str]) -> list[DoubtfulSound]:
    """Return the sounds whose labels may be slips, with the pages where they can be heard."""
    words = words_for(request)
    return [
        DoubtfulSound(
            id=clip_id,
            name=f"{parts.name_of(label.mic)}, {words.short_moment(label.from_at)}",
            path="/missed" if clip_id == label.id else f"/episodes/{clip_id}",
        )
        for label in parts.history.labels()
        if (clip_id := label.episode_id or label.near_miss_id or label.id) in ids
    ]
