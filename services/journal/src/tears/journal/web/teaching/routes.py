"""The routes of what the ear has learnt."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    del parts
    return []
