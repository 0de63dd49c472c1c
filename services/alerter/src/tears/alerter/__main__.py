"""Runs the alerter: `python -m tears.alerter`."""

from __future__ import annotations

from pathlib import Path

from tears.alerter.database import owned_database
from tears.alerter.loop import Alerter
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import receivers
from tears.alerter.notices.retry import Courier, start_couriers, stop_couriers
from tears.alerter.settings import AlerterSettings
from tears.alerter.state import State
from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service


def main() -> None:
    """Reads settings, wires, runs."""
    run_service("alerter", AlerterSettings, work, expects=["redis"])


def work(service: Service[AlerterSettings]) -> None:
    """Detections in, episodes and notifications out, until the service is asked to stop."""
    settings = service.settings
    state_path = Path(settings.state_path)
    metrics = AlerterMetrics()
    people = receivers(settings.notify)
    couriers = [Courier(one, state_path, metrics, service.health, service.clock) for one in people]
    with owned_database(state_path) as connection, connect(settings.redis_url) as client:
        outbox = Outbox(connection, [one.target for one in people])
        alerter = Alerter(
            client=client,
            state=State(connection, outbox),
            outbox=outbox,
            couriers=couriers,
            rules=settings.rules,
            cry_label=settings.cry_label,
            metrics=metrics,
            health=service.health,
            clock=service.clock,
            stop=service.stop,
        )
        # On the way out: (1) what was judged is saved and published; (2) what is being told is answered; (3) the file.
        start_couriers(couriers, outbox, metrics)
        alerter.run()
        stop_couriers(couriers)


if __name__ == "__main__":
    main()
