"""Runs the recorder: `python -m tears.recorder`."""

from __future__ import annotations

import secrets

from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service
from tears.recorder.capture import Capture
from tears.recorder.chunk_stream import ChunkStream
from tears.recorder.chunker import Chunker
from tears.recorder.errors import RecorderError
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.outbox import Outbox
from tears.recorder.publisher import REDIS, Publisher
from tears.recorder.session import mic_record, open_source, owner
from tears.recorder.settings import RecorderSettings
from tears.recorder.spool import Spool


def main() -> None:
    """Reads settings, wires, runs."""
    run_service("recorder", RecorderSettings, work, expects=[REDIS])


def work(service: Service[RecorderSettings]) -> None:
    """Sound in, chunks out, until the sound has ended or the service is asked to stop."""
    settings, clock, stop = service.settings, service.clock, service.stop
    source = open_source(settings, clock, stop)
    record = mic_record(settings, source, session=secrets.token_hex(6))
    metrics = RecorderMetrics(settings.mic)
    spool = Spool(max_samples=int(settings.spool_seconds * source.sample_rate_hz), max_bytes=settings.spool_bytes)
    outbox = Outbox(spool, source.sample_rate_hz, clock)
    metrics.watch_spool(outbox.unsent_seconds)
    capture = Capture(source, Chunker(record, settings.chunk_seconds), outbox, metrics, clock, stop)
    client = connect(settings.redis_url)
    publisher = Publisher(
        outbox=outbox,
        stream=ChunkStream(client, settings.stream_config(owner(settings))),
        record=record,
        renew_seconds=settings.lease_seconds / 3,
        lag_chunks=None if source.is_live else settings.lag_chunks,
        metrics=metrics,
        health=service.health,
        clock=clock,
        stop=stop,
    )
    listening = capture.start()
    # (1) Everything is published and the lease given back; (2) the source, which nobody reads any more; (3) Redis.
    publisher.run()
    listening.join()
    source.close()
    client.close()
    if outbox.error is not None:
        raise RecorderError(f"the sound of {source.description} has broken off: {outbox.error}") from outbox.error


if __name__ == "__main__":
    main()
