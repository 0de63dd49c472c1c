"""What pages, the API and Setup see of the present."""

from dataclasses import dataclass

from tears.journal.live.house_view import RoomsNow
from tears.journal.live.live_metrics import LiveMetrics
from tears.journal.live.sound.sound_hub import SoundHub


@dataclass(frozen=True)
class LiveHouse:
    """The rooms as they are now, their sound, and the figures of those who look and listen."""

    rooms: RoomsNow
    sound: SoundHub
    metrics: LiveMetrics
