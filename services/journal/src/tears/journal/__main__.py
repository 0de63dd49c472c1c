"""Run the journal: `python -m tears.journal`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from pathlib import Path

from tears.journal.metrics import JournalMetrics
from tears.journal.recordings.chunk_feed import ChunkFeed
from tears.journal.recordings.folder import RecordingFolder
from tears.journal.recordings.loop import RecordingLoop
from tears.journal.settings import JournalSettings
from tears.kit.redis_client import connect, describe
from tears.kit.service import Service, run_service
from tears.kit.shutdown import stop_on_closed_stdin


def work(service: Service[JournalSettings]) -> None:
    """Turn chunks into files until the service is asked to stop."""
    settings = service.settings
    if settings.stop_with_stdin:
        stop_on_closed_stdin(service.stop)
    folder = RecordingFolder(Path(settings.folder), settings.limits, settings.leave_bytes, service.clock)
    with connect(settings.redis_url) as client, folder:
        loop = RecordingLoop(
            feed=ChunkFeed(client, settings.rooms, service.clock),
            folder=folder,
            stored=folder.take_stock(),
            segment_seconds=settings.segment_seconds,
            redis_at=describe(settings.redis_url),
            metrics=JournalMetrics(),
            health=service.health,
            clock=service.clock,
            stop=service.stop,
        )
        # On the way out: (1) the sound in memory becomes files; (2) the folder is free for others.
        loop.run()


if __name__ == "__main__":
    run_service("journal", JournalSettings, work, expects=["redis"])
