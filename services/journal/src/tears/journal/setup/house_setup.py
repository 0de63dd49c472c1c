"""What the setup page and the first run stand on. Safe to use from any thread; every method may block."""

import importlib.metadata
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from tears.journal.errors import ReceiversError
from tears.journal.live.room_now import RoomNow
from tears.journal.setup.clap_check import ClapResult, ClapVerdict, find_clap
from tears.journal.setup.disk_use import DiskUse, disk_use
from tears.journal.setup.house_facts import house_facts
from tears.journal.setup.house_health import PartReport, judge_house
from tears.journal.setup.newest_sound import newest_sound
from tears.journal.setup.receiver_commands import ReceiverTest, check_draft, list_fault, send_test
from tears.journal.setup.receivers_file import ReceiversFile

# A parent who claps presses the button within this time.
CLAP_SECONDS = 6.0
# The length of the test of a microphone.
TEST_SOUND_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseReport:
    """How the house is, and what runs in it; a version is empty while it is not known."""

    parts: Sequence[PartReport]
    disk: DiskUse
    versions: Sequence[tuple[str, str]]


class HouseSetup:
    """The receivers, the microphones and the health of one house."""

    def __init__(self, client: redis.Redis, alerts_path: str, data: Path) -> None:
        """Ask nothing yet; `alerts_path` is empty where no file of receivers is set."""
        self._redis = client
        self._data = data
        self.receivers = ReceiversFile(Path(alerts_path), lambda: check_draft(client)) if alerts_path else None

    def require_receivers(self) -> ReceiversFile:
        """Return the file of receivers; raise ReceiversError if none is set."""
        if self.receivers is None:
            raise ReceiversError(
                "The receivers are not in a file, so they cannot be changed here. Set TEARS_ALERTER_RULES for the "
                "alerter and the journal."
            )
        return self.receivers

    def list_fault(self) -> str:
        """Return why the alerter cannot use the list of receivers; empty if it can, or if nobody says."""
        return list_fault(self._redis)

    def test(self, receiver: str) -> ReceiverTest:
        """Send a test to a receiver, as loud as an alert; blocks for up to a minute."""
        return send_test(self._redis, receiver)

    def sound(self, mic: str) -> bytes | None:
        """Return the last seconds of a room as WAV; None if it has none. Raises redis-py's errors."""
        found = newest_sound(self._redis, mic, TEST_SOUND_SECONDS)
        return found.wav() if found else None

    def clap(self, mic: str) -> ClapResult:
        """Return whether somebody has clapped in the last seconds. Raises redis-py's errors."""
        found = newest_sound(self._redis, mic, CLAP_SECONDS)
        return find_clap(found.frames, found.rate_hz) if found else ClapResult(ClapVerdict.NO_SOUND)

    def report(self, rooms: Sequence[RoomNow]) -> HouseReport:
        """Return how the house is; `rooms` are those of the live view."""
        facts, model, redis_version = house_facts(self._redis, rooms)
        versions = [
            ("Tears", importlib.metadata.version("tears-journal")),
            ("model", f"{model.name} {model.version}" if model.name else ""),
            ("Redis", redis_version),
            ("Python", platform.python_version()),
        ]
        return HouseReport(parts=judge_house(facts), disk=disk_use(self._data), versions=versions)
