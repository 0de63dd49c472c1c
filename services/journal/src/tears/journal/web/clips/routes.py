"""The routes of the files of sound and their pictures."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    del parts
    return []
