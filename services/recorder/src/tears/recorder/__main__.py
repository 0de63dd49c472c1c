"""Runs the recorder: `python -m tears.recorder`."""

from __future__ import annotations

from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service
from tears.recorder.capture.capture_thread import Capture, Cut
from tears.recorder.capture.mic_condition import Hearing
from tears.recorder.capture.mic_supervisor import Vigil
from tears.recorder.errors import RecorderError
from tears.recorder.listener_choice import first_record, open_listener, owner
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.chunk_stream import ChunkStream
from tears.recorder.publish.publisher import REDIS, Publisher
from tears.recorder.publish.registration import Registration
from tears.recorder.publish.shared_spool import Outbox
from tears.recorder.publish.spool import Spool
from tears.recorder.settings import RecorderSettings


def main() -> None:
    """Reads settings, wires, runs."""
    run_service("recorder", RecorderSettings, work, expects=[REDIS])


def work(service: Service[RecorderSettings]) -> None:
    """Sound in, chunks out, until the sound has ended or the service is asked to stop."""
    settings, health, clock, stop = service.settings, service.health, service.clock, service.stop
    metrics, registration = RecorderMetrics(settings.mic), Registration(first_record(settings))
    listener, vigil = open_listener(
        settings, lambda: Vigil(Hearing(), registration, metrics, health, clock), clock, stop
    )
    outbox = Outbox(Spool(max_samples=0, max_bytes=settings.spool_bytes), clock)
    metrics.watch_spool(outbox.unsent_seconds)
    cut = Cut(settings.chunk_seconds, settings.spool_seconds)
    listening = Capture(listener, cut, outbox, registration, vigil, metrics, clock, stop).start()
    client = connect(settings.redis_url)
    publisher = Publisher(
        outbox=outbox,
        stream=ChunkStream(client, settings.stream_config(owner(settings))),
        registration=registration,
        renew_seconds=settings.lease_seconds / 3,
        lag_chunks=None if listener.is_live else settings.lag_chunks,
        metrics=metrics,
        health=health,
        clock=clock,
        stop=stop,
    )
    # (1) Everything is published and the lease given back; (2) the source, which nobody reads any more; (3) Redis.
    publisher.run()
    listening.join()
    listener.close()
    client.close()
    if error := outbox.error:
        raise RecorderError(f"the sound of {listener.description} has broken off: {error}") from error


if __name__ == "__main__":
    main()
