"""Runs the preprocessor: `python -m tears.preprocessor`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from tears.kit.redis_client import connect
from tears.kit.registry.mics import MicStreams
from tears.kit.service import Service, run_service
from tears.kit.streams.consumer import Consumer
from tears.kit.streams.delivery import StageConfig
from tears.kit.streams.names import PREPROCESSOR_GROUP, WINDOWS_STREAM
from tears.preprocessor.handler import TicketHandler
from tears.preprocessor.last_levels import LastLevels
from tears.preprocessor.lookback import Lookback
from tears.preprocessor.metrics import PreprocessorMetrics
from tears.preprocessor.settings import PreprocessorSettings


def work(service: Service[PreprocessorSettings]) -> None:
    """Turn chunks into windows until the service is asked to stop."""
    settings = service.settings
    client = connect(settings.redis_url)
    metrics = PreprocessorMetrics()
    handler = TicketHandler(
        lookback=Lookback(client),
        levels=LastLevels(metrics.level_dbfs, settings.fixed_gain_db),
        clock=service.clock,
        metrics=metrics,
        hop_seconds=settings.hop_seconds,
        gain_db=settings.fixed_gain_db,
    )
    config = StageConfig.of(
        settings,
        group=PREPROCESSOR_GROUP,
        output=WINDOWS_STREAM,
        in_flight=settings.in_flight,
        is_output_bounded=True,
    )
    Consumer(
        client=client,
        config=config,
        streams=MicStreams(client, service.clock.monotonic_seconds, with_self_test=True),
        handler=handler,
        metrics=metrics,
        health=service.health,
        clock=service.clock,
        stop=service.stop,
        output_capacity=settings.windows_capacity,
    ).run()


if __name__ == "__main__":
    run_service("preprocessor", PreprocessorSettings, work, expects=["redis"])
