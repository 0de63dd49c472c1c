"""Make the receivers that the settings name."""

import logging
from functools import partial
from pathlib import Path

from tears.alerter.attachments.clips import clips_follow
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.pictures.picture_maker import NightPictureMaker
from tears.alerter.notices.outbox import Outbox
from tears.alerter.notices.receivers import NOTIFY_VARIABLE, Receiver
from tears.alerter.notices.retry import DeliveryThread
from tears.alerter.receivers.alerts_watch import AlertsWatch
from tears.alerter.receivers.live_receivers import LiveReceivers
from tears.alerter.receivers.receiver_set import HouseWords, ReceiverSet, receivers_of_file, receivers_of_urls
from tears.alerter.settings import RULES_VARIABLE, AlerterSettings
from tears.alerter.state_file import StateFile
from tears.kit.clock import Clock
from tears.kit.service import Service

logger = logging.getLogger(__name__)


def receivers_of(settings: AlerterSettings, clock: Clock) -> ReceiverSet:
    """Return the receivers of the file, or of the URLs if no file is set.

    Raises:
        AlertsFileError: the file cannot be used.
        NotifyError: a URL cannot be used.
    """
    words = HouseWords(clock=clock, language=settings.language, journal_url=settings.journal_url)
    if not settings.rules:
        return receivers_of_urls(settings.notify, words, wants_clip=settings.clip)
    if settings.notify:
        logger.warning("%s is not used, because %s names a file of receivers", NOTIFY_VARIABLE, RULES_VARIABLE)
    return receivers_of_file(Path(settings.rules), words)


def live_receivers(
    service: Service[AlerterSettings],
    found: ReceiverSet,
    outbox: Outbox,
    state_file: StateFile,
    metrics: AlerterMetrics,
) -> LiveReceivers:
    """Return the receivers with their threads, which begin with `start`."""
    settings, health, clock = service.settings, service.health, service.clock

    pictures = NightPictureMaker(Path(settings.state_path), settings.language, metrics)
    make_follower = clips_follow(settings.redis_url, pictures, metrics, clock)

    def new_thread(receiver: Receiver) -> DeliveryThread:
        return DeliveryThread(receiver, state_file.place, outbox.turns, metrics, health, clock, make_follower)

    watch = None
    if settings.rules:
        watch = AlertsWatch(Path(settings.rules), partial(receivers_of, settings, clock), metrics, health, clock)
    return LiveReceivers(found, outbox, new_thread, metrics, watch)
