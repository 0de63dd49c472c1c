"""The routes of the setup, the first run, and the link that acknowledges an alert."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts
from tears.journal.web.setup.acknowledge import acknowledge_routes
from tears.journal.web.setup.entry_page import entry_routes
from tears.journal.web.setup.microphone_page import microphone_routes
from tears.journal.web.setup.overview import overview_routes
from tears.journal.web.setup.receiver_pages import receiver_routes
from tears.journal.web.setup.welcome import welcome_routes


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    return [
        *acknowledge_routes(parts),
        *overview_routes(parts),
        *receiver_routes(parts),
        *microphone_routes(parts),
        *entry_routes(parts),
        *welcome_routes(parts),
    ]
