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
from tears.alerter.receivers.alerts_source import AlertsSource, last_good_file_of
from tears.alerter.receivers.alerts_watch import AlertsWatch
from tears.alerter.receivers.live_receivers import LiveReceivers
from tears.alerter.receivers.receiver_set import (
    HouseWords,
    ReceiverSet,
    receivers_of_file,
    receivers_of_text,
    receivers_of_urls,
)
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
    if not settings.rules:
        return _receivers_of_urls(settings, clock)
    if settings.notify:
        logger.warning("%s is not used, because %s names a file of receivers", NOTIFY_VARIABLE, RULES_VARIABLE)
    return receivers_of_file(Path(settings.rules), _house_words(settings, clock))


def alerts_source(service: Service[AlerterSettings], metrics: AlerterMetrics) -> AlertsSource:
    """Return the receivers to begin with, and what reads the file of receivers again.

    Raises:
        AlertsFileError: The file is faulty, and no good one was kept.
        NotifyError: The same, for a URL.
    """
    settings, clock = service.settings, service.clock
    if settings.rules and settings.notify:
        logger.warning("%s is not used once there is %s (%s)", NOTIFY_VARIABLE, settings.rules, RULES_VARIABLE)
    return AlertsSource(
        Path(settings.rules) if settings.rules else None,
        last_good_file_of(Path(settings.state_path)),
        parse=partial(receivers_of_text, words=_house_words(settings, clock)),
        without_file=partial(_receivers_of_urls, settings, clock),
        metrics=metrics,
        health=service.health,
    )


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
    make_follower = clips_follow(settings.redis_url, pictures, metrics, clock)

    def new_thread(receiver: Receiver) -> DeliveryThread:
        return DeliveryThread(receiver, state_file.place, outbox.turns, metrics, health, clock, make_follower)

    watch = None
    if source.path is not None:
        source.keep()
        watch = AlertsWatch(source.path, source.read_again, metrics, health, clock)
    return LiveReceivers(source.receivers, outbox, new_thread, metrics, watch)


def _house_words(settings: AlerterSettings, clock: Clock) -> HouseWords:
    return HouseWords(clock=clock, language=settings.language, journal_url=settings.journal_url)


def _receivers_of_urls(settings: AlerterSettings, clock: Clock) -> ReceiverSet:
    return receivers_of_urls(settings.notify, _house_words(settings, clock), wants_clip=settings.clip)
