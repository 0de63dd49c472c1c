"""Run the journal: `python -m tears.journal`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from tears.journal.assembly import assembled
from tears.journal.settings import JournalSettings
from tears.journal.web.start import page_server
from tears.kit.service import Service, run_service
from tears.kit.shutdown import stop_on_closed_stdin


def work(service: Service[JournalSettings]) -> None:
    """Keep what is heard, and show it, until the service is asked to stop."""
    if service.settings.stop_with_stdin:
        stop_on_closed_stdin(service.stop)
    # On the way out: (1) nobody asks any more; (2) what was heard is on the disk.
    with assembled(service) as parts, page_server(parts) as server:
        server.run(service.stop, service.health)


if __name__ == "__main__":
    run_service("journal", JournalSettings, work)
