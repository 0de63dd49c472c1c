"""The routes of the pages of nights, sounds, missed crying and sensitivity."""

from starlette.routing import BaseRoute

from tears.journal.parts import JournalParts
from tears.journal.web.pages.house_page import house_routes
from tears.journal.web.pages.install import install_routes
from tears.journal.web.pages.missed.missed_page import missed_routes
from tears.journal.web.pages.night_pages import night_routes
from tears.journal.web.pages.sensitivity.sensitivity_page import sensitivity_routes
from tears.journal.web.pages.shared_page import shared_routes
from tears.journal.web.pages.sound_routes import sound_routes


def routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    return [
        *install_routes(),
        *house_routes(),
        *night_routes(parts),
        *sound_routes(parts),
        *shared_routes(parts),
        *missed_routes(parts),
        *sensitivity_routes(parts),
    ]
