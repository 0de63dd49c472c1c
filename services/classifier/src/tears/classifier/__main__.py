"""Runs the classifier: `python -m tears.classifier`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

import threading

from tears.classifier.handler import WindowHandler
from tears.classifier.metrics import ClassifierMetrics
from tears.classifier.predictor import CLASSIFIER_CHANNEL_OPTIONS, Predictor, model_client, watch_model
from tears.classifier.settings import ClassifierSettings
from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service
from tears.kit.streams.consumer import Consumer
from tears.kit.streams.delivery import StageConfig
from tears.kit.streams.names import CLASSIFIER_GROUP, DETECTIONS_STREAM, WINDOWS_STREAM
from tears.tfserving.channels import direct_channel


def work(service: Service[ClassifierSettings]) -> None:
    """Turn windows into detections until the service is asked to stop."""
    settings = service.settings
    metrics = ClassifierMetrics()
    with direct_channel(settings.server, CLASSIFIER_CHANNEL_OPTIONS) as channel:
        predictor = Predictor(model_client(channel, settings), settings.deadline_seconds, metrics, service.health)
        watched = (predictor, service.clock, service.stop)
        threading.Thread(target=watch_model, args=watched, name="model-watch", daemon=True).start()
        config = StageConfig.of(
            settings,
            group=CLASSIFIER_GROUP,
            output=DETECTIONS_STREAM,
            output_max_entries=settings.detections_kept,
            delete_done=True,
            in_flight=settings.in_flight,
        )
        Consumer(
            client=connect(settings.redis_url),
            config=config,
            streams=lambda: [WINDOWS_STREAM],
            handler=WindowHandler(predictor=predictor, model=settings.model, metrics=metrics, clock=service.clock),
            metrics=metrics,
            health=service.health,
            clock=service.clock,
            stop=service.stop,
        ).run()


if __name__ == "__main__":
    run_service("classifier", ClassifierSettings, work, expects=["redis", "model"])
