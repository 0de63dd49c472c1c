"""What pages, the API and Setup see of the present."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tears.journal.live.house_view import RoomsNow
from tears.journal.live.live_metrics import LiveMetrics
from tears.journal.live.sound.sound_hub import SoundHub
from tears.kit.clock import Clock


@dataclass(frozen=True)
class LiveHouse:
    """The rooms as they are now, their sound, and the figures of those who look and listen."""

    rooms: RoomsNow
    sound: SoundHub
    metrics: LiveMetrics


@contextlib.contextmanager
def open_live_house(metrics: LiveMetrics, clock: Clock, name_of: Callable[[str], str]) -> Iterator[LiveHouse]:
    """Yield it with its thread; when the block ends, those who listen hear no more.

    `name_of` returns the name of a microphone's room for people.
    """
    house = LiveHouse(RoomsNow(clock, name_of), SoundHub(metrics, clock), metrics)
    house.sound.start()
    try:
        yield house
    finally:
        house.sound.stop()
