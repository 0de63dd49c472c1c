"""Runs the alerter: `python -m tears.alerter`."""

from tears.kit.terminal.start import quiet_imports

if __name__ == "__main__":
    quiet_imports()

from pathlib import Path

from tears.alerter.home_assistant.start import home_assistant
from tears.alerter.loop import Alerter
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.assembly import keeping_nights, night_keeper
from tears.alerter.notices.outbox import Outbox
from tears.alerter.proof.set_up import listening_proof
from tears.alerter.receivers.configured import alerts_source
from tears.alerter.receivers.set_up import live_receivers
from tears.alerter.settings import AlerterSettings
from tears.alerter.state import AlerterState
from tears.alerter.state_file import StateFile
from tears.kit.redis_client import connect
from tears.kit.service import Service, run_service


def work(service: Service[AlerterSettings]) -> None:
    """Turn detections into episodes and notices until the service is asked to stop."""
    settings = service.settings
    metrics = AlerterMetrics()
    source = alerts_source(settings, service.clock, metrics, service.health)
    with StateFile(Path(settings.state_path), service.clock) as state_file, connect(settings.redis_url) as client:
        outbox = Outbox(state_file.connection, [])
        state = AlerterState(state_file.connection, outbox)
        keeper = night_keeper(service, state, metrics)
        receivers = live_receivers(service, source, outbox, state_file, metrics)
        proof = listening_proof(service, client, outbox, receivers.deliveries, lambda: source.fault)
        alerter = Alerter(
            client=client,
            state=state,
            state_file=state_file,
            outbox=outbox,
            deliveries=receivers.deliveries,
            addressees=receivers.addressees,
            rules=settings.alert_rules,
            cry_label=settings.cry_label,
            metrics=metrics,
            health=service.health,
            clock=service.clock,
            stop=service.stop,
            keeper=keeper,
            proof=proof,
        )
        # The order of a stop: (1) the loop saves and publishes what it has judged; (2) Home Assistant is told that
        # nobody listens, and the night is written; (3) the deliveries under way finish; (4) the state file is closed.
        receivers.start()
        in_home = home_assistant(service, client, alerter.feed, metrics, source.room_names)
        with proof, keeping_nights(keeper, service.stop), in_home:
            alerter.run()
        receivers.stop()


if __name__ == "__main__":
    run_service("alerter", AlerterSettings, work, expects=["redis"], needs_time_zone=True)
