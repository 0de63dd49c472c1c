"""The routes of the setup and the first run."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    del parts
    return []
