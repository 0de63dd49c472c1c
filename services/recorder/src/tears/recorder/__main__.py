"""Run the recorder: `python -m tears.recorder`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service
from tears.recorder.capture.capture_thread import CaptureThread
from tears.recorder.capture.mic_supervisor import MicSupervisor
from tears.recorder.metrics import RecorderMetrics
from tears.recorder.publish.publisher import REDIS, Publisher
from tears.recorder.publish.shared_spool import SharedSpool
from tears.recorder.settings import RecorderSettings
from tears.recorder.startup import first_registration, open_listener, open_stream


def main() -> None:
    """Read the settings and run."""
    run_service("recorder", RecorderSettings, work, expects=[REDIS])


def work(service: Service[RecorderSettings]) -> None:
    """Capture and publish until the sound has ended or the service is asked to stop."""
    settings, health, clock, stop = service.settings, service.health, service.clock, service.stop
    metrics, registration = RecorderMetrics(settings.mic_name), first_registration(settings)
    supervisor = MicSupervisor(registration, metrics, health, clock) if settings.is_live else None
    spool = SharedSpool(max_seconds=settings.spool_seconds, max_bytes=settings.spool_bytes, clock=clock)
    metrics.spool_seconds.set_function(spool.unsent_seconds)
    capture = CaptureThread(
        listener=open_listener(settings, supervisor, clock, stop),
        chunk_seconds=settings.chunk_seconds,
        spool=spool,
        registration=registration,
        supervisor=supervisor,
        metrics=metrics,
        clock=clock,
        stop=stop,
    )
    capture.start()
    client = connect(settings.redis_url)
    publisher = Publisher(
        spool=spool,
        stream=open_stream(client, settings),
        registration=registration,
        lag_chunks=None if settings.pace == "realtime" else settings.lag_chunks,
        metrics=metrics,
        health=health,
        clock=clock,
        stop=stop,
    )
    # (1) Publish everything and give the lease back; (2) close the source, once nobody reads it; (3) leave Redis.
    publisher.run()
    capture.join()
    client.close()
    spool.raise_error()


if __name__ == "__main__":
    main()
