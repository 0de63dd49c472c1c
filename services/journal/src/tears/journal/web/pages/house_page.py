"""What the top of a page asks for again and again: whether Tears listens."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.web.guards import require
from tears.journal.web.rendering import render


def house_routes() -> list[BaseRoute]:
    """Return the route."""

    @require(Role.GUEST)
    async def show_house(request: Request) -> Response:
        """Return the dot and its words, as a piece of a page; it has no I/O."""
        return render(request, "house_dot.html")

    return [Route("/house", show_house)]
