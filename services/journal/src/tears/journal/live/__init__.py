"""What happens now: the rooms as they are, their sound, and what a parent asks for."""

from tears.journal.live.house_view import RoomsNow
from tears.journal.live.live_house import LiveHouse, open_live_house
from tears.journal.live.sound.sound_hub import SoundHub

__all__ = ["LiveHouse", "RoomsNow", "SoundHub", "open_live_house"]
