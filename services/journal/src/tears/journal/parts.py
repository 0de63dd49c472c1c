"""What the pages of the journal stand on."""

from dataclasses import dataclass
from typing import Any

from redis import Redis

from tears.journal.access.house_access import HouseAccess
from tears.journal.recordings.recording_thread import RecordingThread
from tears.journal.settings import JournalSettings
from tears.journal.setup.house_setup import HouseSetup
from tears.journal.setup.room_naming import RoomNaming
from tears.kit.clock import Clock
from tears.kit.registry.mic_names import room_of_mic


@dataclass(frozen=True)
class JournalParts:
    """The parts of the journal; those that a test does not need are None.

    No part imports this module or anything of `web`: the folders in `web` know the parts, never the other way round.
    """

    settings: JournalSettings
    clock: Clock
    history: Any = None
    clips: Any = None
    recordings: RecordingThread | None = None
    live: Any = None
    access: HouseAccess | None = None
    naming: RoomNaming | None = None
    teaching: Any = None
    setup: HouseSetup | None = None
    redis: Redis | None = None

    def name_of(self, mic: str) -> str:
        """Return the name of a microphone's room for people."""
        return room_of_mic(mic) if self.naming is None else self.naming.name_of(mic)
