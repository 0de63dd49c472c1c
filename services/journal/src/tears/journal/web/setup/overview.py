"""The setup page: how everything is, and the way to what can be changed."""

from collections.abc import Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.errors import ReceiversError, TranslatableError
from tears.journal.live.room_now import RoomNow
from tears.journal.parts import JournalParts
from tears.journal.setup.house_setup import HouseReport, HouseSetup
from tears.journal.setup.receivers_file import ReceiversNow
from tears.journal.web.guards import require
from tears.journal.web.live.room_words import RoomOnPage, room_on_page
from tears.journal.web.rendering import render, words_for
from tears.journal.web.setup.health_words import PartOnPage, disk_words, parts_on_page, size_words
from tears.journal.web.words.page_words import PageWords


class SetupView(NamedTuple):
    """What the page shows.

    Attributes:
        receivers: those of the file; None if it cannot be read, and `receivers_fault` says why.
        list_fault: why the alerter cannot use the list; it is only asked if that is empty.
        faults: what the history and the clips say of themselves, in words.
    """

    report: HouseReport
    parts: Sequence[PartOnPage]
    rooms: Sequence[RoomOnPage]
    receivers: ReceiversNow | None
    receivers_fault: TranslatableError | None
    receivers_path: str
    list_fault: str
    faults: Sequence[str]
    disk: str
    kept: str


def overview_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    setup: HouseSetup | None = parts.setup

    @require(Role.GUEST)
    def show(request: Request) -> Response:
        """Show the page."""
        if setup is None:
            return render(request, "setup.html", view=None, access=parts.access, words_of=None, done="")
        return render(
            request,
            "setup.html",
            view=_view(parts, setup, words_for(request)),
            access=parts.access,
            done=request.query_params.get("done", ""),
        )

    return [Route("/setup", show)]


def rooms_of(parts: JournalParts) -> list[RoomNow]:
    """Return the rooms as they are now; none where nobody follows them."""
    return [] if parts.live is None else list(parts.live.rooms.all())


def _view(parts: JournalParts, setup: HouseSetup, words: PageWords) -> SetupView:
    rooms = rooms_of(parts)
    report = setup.report(rooms)
    receivers, receivers_fault = _receivers(setup)
    now = parts.clock.wall_seconds()
    return SetupView(
        report=report,
        parts=parts_on_page(report.parts, words),
        rooms=[room_on_page(room, words, now) for room in rooms],
        receivers=receivers,
        receivers_fault=receivers_fault,
        receivers_path="" if setup.receivers is None else str(setup.receivers.path),
        # Receivers may be named by a setting, and a page that says "nobody" would be wrong.
        list_fault=setup.list_fault() if receivers is not None and not receivers.receivers else "",
        faults=[
            fault for part in (parts.history, parts.clips, parts.recordings) if (fault := getattr(part, "fault", ""))
        ],
        disk=disk_words(report.disk, words),
        kept=size_words(report.disk.kept_bytes, words),
    )


def _receivers(setup: HouseSetup) -> tuple[ReceiversNow | None, TranslatableError | None]:
    try:
        return setup.require_receivers().read(), None
    except ReceiversError as error:
        return None, error
