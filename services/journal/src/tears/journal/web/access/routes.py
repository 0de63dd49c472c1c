"""The routes of the login, the guests and the tokens."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    del parts
    return []
