"""Make the server of the pages."""

from tears.journal.parts import JournalParts
from tears.journal.web.app import make_app
from tears.journal.web.server import PageServer


def page_server(parts: JournalParts) -> PageServer:
    """Return the server of the pages, which listens already; `parts` must have `access`.

    Raises:
        JournalError: The port is taken, or the certificate cannot be used.
    """
    return PageServer(make_app(parts), parts.settings, parts.access.metrics if parts.access else None)
