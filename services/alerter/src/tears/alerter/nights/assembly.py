"""Put the keeping of nights together for the service."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.nights.baby_buddy import BabyBuddy
from tears.alerter.nights.diary import DiaryNotes
from tears.alerter.nights.keeper import LAST_WRITE_SECONDS, NightKeeper, start_keeper
from tears.alerter.nights.night_file import night_file_of
from tears.alerter.nights.notes import NightNotes
from tears.alerter.settings import AlerterSettings
from tears.alerter.state import AlerterState
from tears.kit.service import Service


def night_keeper(service: Service[AlerterSettings], state: AlerterState, metrics: AlerterMetrics) -> NightKeeper | None:
    """Return what keeps the nights as the settings say; None if none are to be kept."""
    settings = service.settings
    if not settings.nights_kept:
        return None
    return NightKeeper(
        path=night_file_of(Path(settings.state_path)),
        notes=NightNotes(),
        kept_nights=settings.nights_kept,
        report_at=settings.report_time,
        told=state.told_nights(),
        metrics=metrics,
        clock=service.clock,
        diary=_diary(service, metrics),
        language=settings.language,
    )


def _diary(service: Service[AlerterSettings], metrics: AlerterMetrics) -> DiaryNotes | None:
    settings = service.settings
    if not settings.babybuddy_url:
        return None
    diary = BabyBuddy(settings.babybuddy_url, settings.babybuddy_token, settings.babybuddy_child)
    return DiaryNotes(diary, metrics, service.clock)


@contextmanager
def keeping_nights(keeper: NightKeeper | None, stop: threading.Event) -> Iterator[None]:
    """Keep the nights until the end of the block, and then write what is left."""
    if keeper is None:
        yield
        return
    thread = start_keeper(keeper, stop)
    yield
    # The thread ends when the service is asked to stop. What the loop has judged since then is written here.
    thread.join(LAST_WRITE_SECONDS)
    if not thread.is_alive():
        keeper.write()
