"""The routes of the pages of the nights, the days and the episodes."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    del parts
    return []
