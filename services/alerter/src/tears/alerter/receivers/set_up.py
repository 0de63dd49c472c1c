"""Put the receivers together for the service: their threads, the look at their file, and what the page asks of them."""

from pathlib import Path

from tears.alerter.attachments.clips import clips_follow
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.pictures.picture_maker import NightPictureMaker
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import Receiver
from tears.alerter.notices.reporting.report_thread import ReportThread
from tears.alerter.notices.retry import DeliveryThread
from tears.alerter.receivers.alerts_source import AlertsSource
from tears.alerter.receivers.alerts_watch import AlertsWatch
from tears.alerter.receivers.live_receivers import LiveReceivers
from tears.alerter.receivers.page.page_thread import PageThread
from tears.alerter.receivers.page.receiver_errands import ReceiverErrands
from tears.alerter.settings import AlerterSettings
from tears.alerter.state_file import StateFile
from tears.kit.redis_client import connect
from tears.kit.service import Service


def live_receivers(
    service: Service[AlerterSettings],
    source: AlertsSource,
    outbox: Outbox,
    state_file: StateFile,
    metrics: AlerterMetrics,
) -> LiveReceivers:
    """Return the receivers with their threads, which begin with `start`; the folder of the state file exists."""
    settings, health, clock = service.settings, service.health, service.clock

    pictures = NightPictureMaker(Path(settings.state_path), settings.language, metrics)
    reports = ReportThread(connect(settings.redis_url), metrics, clock)
    make_follower = clips_follow(settings.redis_url, pictures, metrics, clock)

    def new_thread(receiver: Receiver) -> DeliveryThread:
        return DeliveryThread(
            receiver, state_file.place, outbox.turns, metrics, health, clock, make_follower, reports.accepted
        )

    watch = None
    if source.path is not None:
        source.keep()
        watch = AlertsWatch(source.path, source.read_again, metrics, health, clock, source.judged, source.receivers)
    page = PageThread(
        connect(settings.redis_url),
        ReceiverErrands(settings, clock),
        source.link_key,
        metrics,
        clock,
        service.stop,
        source.room_names,
    )
    return LiveReceivers(source.receivers, outbox, new_thread, metrics, watch, page, reports)
