"""Runs the alerter: `python -m tears.alerter`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from pathlib import Path

from tears.alerter.loop import Alerter
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.assembly import keeping_nights, night_keeper
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import receivers
from tears.alerter.notices.retry import DeliveryThread, start_deliveries, stop_deliveries
from tears.alerter.settings import AlerterSettings
from tears.alerter.state import AlerterState
from tears.alerter.state_file import StateFile
from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service


def work(service: Service[AlerterSettings]) -> None:
    """Turn detections into episodes and notices until the service is asked to stop."""
    settings = service.settings
    metrics = AlerterMetrics()
    found = receivers(
        settings.notify, language=settings.language, journal_url=settings.journal_url, clock=service.clock
    )
    with StateFile(Path(settings.state_path), service.clock) as state_file, connect(settings.redis_url) as client:
        deliveries = [DeliveryThread(one, state_file.place, metrics, service.health, service.clock) for one in found]
        outbox = Outbox(state_file.connection, [one.target for one in found])
        state = AlerterState(state_file.connection, outbox)
        keeper = night_keeper(service, state, metrics)
        alerter = Alerter(
            client=client,
            state=state,
            state_file=state_file,
            outbox=outbox,
            deliveries=deliveries,
            rules=settings.rules,
            cry_label=settings.cry_label,
            metrics=metrics,
            health=service.health,
            clock=service.clock,
            stop=service.stop,
            keeper=keeper,
        )
        # The order of a stop: (1) the loop saves and publishes what it has judged; (2) the night is written; (3) the
        # deliveries under way finish; (4) the state file is closed.
        start_deliveries(deliveries, outbox, metrics)
        with keeping_nights(keeper, service.stop):
            alerter.run()
        stop_deliveries(deliveries)


if __name__ == "__main__":
    run_service("alerter", AlerterSettings, work, expects=["redis"])
