"""Record the rooms and do nothing else: `python -m tears.journal.recordings`, which `./tears record` runs."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from tears.journal.metrics import JournalMetrics
from tears.journal.recordings.recording_thread import record
from tears.journal.recordings.settings import RecordingSettings
from tears.kit.service import Service, run_service
from tears.kit.shutdown import stop_on_closed_stdin


def work(service: Service[RecordingSettings]) -> None:
    """Turn chunks into files until the service is asked to stop."""
    if service.settings.stop_with_stdin:
        stop_on_closed_stdin(service.stop)
    record(service.settings, JournalMetrics(), service.health, service.clock, service.stop)


if __name__ == "__main__":
    run_service("journal", RecordingSettings, work, expects=["redis"])
