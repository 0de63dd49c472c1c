"""The receivers that the settings name: those of the file, or those of the URLs."""

import logging
from functools import partial
from pathlib import Path

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.receivers import NOTIFY_VARIABLE
from tears.alerter.receivers.alerts_source import AlertsSource, last_good_file_of
from tears.alerter.receivers.receiver_set import (
    HouseWords,
    ReceiverSet,
    receivers_of_file,
    receivers_of_text,
    receivers_of_urls,
)
from tears.alerter.settings import RULES_VARIABLE, AlerterSettings
from tears.kit.clock import Clock
from tears.kit.health import Health

logger = logging.getLogger(__name__)


def receivers_of(settings: AlerterSettings, clock: Clock) -> ReceiverSet:
    """Return the receivers of the file, or of the URLs if no file is set, or if nobody has written it yet.

    Raises:
        AlertsFileError: the file cannot be used.
        NotifyError: a URL cannot be used.
    """
    if not settings.rules:
        return receivers_of_settings(settings, clock)
    if not Path(settings.rules).exists():
        logger.warning("%s does not exist yet; until it does, %s says who is told", settings.rules, NOTIFY_VARIABLE)
        return receivers_of_settings(settings, clock)
    if settings.notify:
        logger.warning("%s is not used, because %s names a file of receivers", NOTIFY_VARIABLE, RULES_VARIABLE)
    return receivers_of_path(Path(settings.rules), settings, clock)


def receivers_of_path(path: Path, settings: AlerterSettings, clock: Clock) -> ReceiverSet:
    """Return the receivers of a file, whatever the settings name; raise AlertsFileError or NotifyError."""
    return receivers_of_file(path, house_words(settings, clock))


def receivers_of_settings(settings: AlerterSettings, clock: Clock) -> ReceiverSet:
    """Return the receivers of `TEARS_ALERTER_NOTIFY`; raise NotifyError."""
    return receivers_of_urls(settings.notify, house_words(settings, clock), wants_clip=settings.clip)


def alerts_source(settings: AlerterSettings, clock: Clock, metrics: AlerterMetrics, health: Health) -> AlertsSource:
    """Return the receivers to begin with, and what reads the file of receivers again.

    Raises:
        AlertsFileError: The file is faulty, and no good one was kept.
        NotifyError: The same, for a URL.
    """
    words = house_words(settings, clock)
    if settings.rules and settings.notify:
        # Where the page for parents may make the file one day, nothing is wrong.
        level = logging.WARNING if Path(settings.rules).exists() else logging.INFO
        logger.log(level, "%s is not used once there is %s (%s)", NOTIFY_VARIABLE, settings.rules, RULES_VARIABLE)
    return AlertsSource(
        Path(settings.rules) if settings.rules else None,
        last_good_file_of(Path(settings.state_path)),
        parse=partial(receivers_of_text, words=words),
        parse_leniently=partial(receivers_of_text, words=words, is_lenient=True),
        # One that nothing reaches, in a house that had alerts before an update, must not end those of the others.
        without_file=partial(receivers_of_urls, settings.notify, words, wants_clip=settings.clip, is_lenient=True),
        link_key=words.link_key,
        room_names=words.room_names,
        metrics=metrics,
        health=health,
    )


def house_words(settings: AlerterSettings, clock: Clock) -> HouseWords:
    """Return what the words for every receiver depend on; until its link key is known, nothing can be acknowledged."""
    return HouseWords(clock=clock, language=settings.language, journal_url=settings.journal_url)
