"""The page where a parent sees what each level of sensitivity would have done, and chooses one."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.errors import WebError
from tears.journal.web.guards import require
from tears.journal.web.pages.posting import form_route, see
from tears.journal.web.pages.sensitivity.last_nights import judge_last_nights
from tears.journal.web.pages.sensitivity.room_levels import choose_level, read_levels
from tears.journal.web.rendering import render
from tears.policy.sensitivity import Sensitivity


def sensitivity_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    history = parts.history

    @require(Role.GUEST)
    def show_sensitivity(request: Request) -> Response:
        """Show the levels, with what each would have done in the last nights."""
        judged = judge_last_nights(history, parts.clock.wall_seconds())
        return render(
            request,
            "sensitivity.html",
            results=judged.results,
            nights=judged.evenings,
            labels=judged.labels,
            rooms=read_levels(parts.redis, parts.name_of),
            done=request.query_params.get("done", ""),
            fault=history.fault,
        )

    def choose(request: Request, form: FormData) -> Response:
        """Let the alerter use another level, from the next second of sound on."""
        level = str(form.get("level", ""))
        if level not in set(Sensitivity):
            raise WebError("Choose one of the levels on the page.")
        choose_level(parts.redis, Sensitivity(level), str(form.get("mic", "")))
        return see(request, "/sensitivity", done=level)

    return [
        Route("/sensitivity", show_sensitivity),
        form_route("/sensitivity", choose),
    ]
