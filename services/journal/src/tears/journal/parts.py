"""What the pages of the journal stand on."""

from dataclasses import dataclass
from typing import Any

from redis import Redis

from tears.journal.access.house_access import HouseAccess
from tears.journal.recordings.recording_thread import RecordingThread
from tears.journal.settings import JournalSettings
from tears.journal.setup.house_setup import HouseSetup
from tears.kit.clock import Clock


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
    teaching: Any = None
    setup: HouseSetup | None = None
    redis: Redis | None = None
