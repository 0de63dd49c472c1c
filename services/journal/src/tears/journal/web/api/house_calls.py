"""The calls about the parts of Tears, the microphones and the recordings."""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from tears.journal.clips.cutting.recorded_sound import RecordedStretch
from tears.journal.parts import JournalParts
from tears.journal.setup.clap_check import ClapVerdict
from tears.journal.setup.house_health import HousePart, PartState
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.api.history_answers import Moment
from tears.journal.web.errors import NotNowError, NotThereError
from tears.journal.web.live.room_words import rooms_on_page
from tears.journal.web.setup.clap_words import clap_words
from tears.journal.web.setup.health_words import parts_on_page
from tears.journal.web.setup.microphone_page import clap_in
from tears.journal.web.setup.overview import rooms_of

Bare = ApiRequest[NoFields, NoFields]


class PartAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A part of Tears; `words` says how it is, and `cure` what to do about it, empty if there is nothing to do."""

    part: HousePart
    state: PartState
    words: str
    cure: str


class DiskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The disk with the history and the clips."""

    free_bytes: int
    kept_bytes: int


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How each part of Tears is; `disk` is null and the rest empty where nothing can be set up."""

    parts: list[PartAnswer]
    disk: DiskAnswer | None = None
    versions: dict[str, str] = {}


class MicrophoneAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A microphone; `loudness` is 0 to 100, and null while no sound comes."""

    mic: str
    name: str
    loudness: int | None


class ClapAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a clap was just heard."""

    verdict: ClapVerdict
    words: str


class AskedRecordings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of time, and the microphone of a room; all rooms without one."""

    from_at: Moment
    to_at: Moment
    mic: str | None = None


class AskedSound(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time; with `download`, the sound comes as a file to keep."""

    from_at: Moment
    to_at: Moment
    download: Literal["yes"] | None = None


class AskedFile(msgspec.Struct, frozen=True, kw_only=True):
    """With `download`, the file comes as one to keep."""

    download: Literal["yes"] | None = None


class HouseCalls:
    """What a program may ask about the house."""

    def __init__(self, parts: JournalParts) -> None:
        self._parts = parts

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        return [
            ApiCall("GET", "/health", "Say how each part of Tears is, in words.", self.health, HealthAnswer),
            ApiCall("GET", "/microphones", "List the microphones.", self.microphones, list[MicrophoneAnswer]),
            ApiCall("GET", "/microphones/{mic}/clap", "Say whether a clap was just heard.", self.clap, ClapAnswer),
            ApiCall(
                "GET", "/recordings", "List what was recorded.", self.recordings, list[RecordedStretch], AskedRecordings
            ),
        ]

    def health(self, asked: Bare) -> HealthAnswer:
        """Return how each part is."""
        if self._parts.setup is None:
            return HealthAnswer(parts=[])
        report = self._parts.setup.report(rooms_of(self._parts))
        shown = parts_on_page(report.parts, asked.words)
        return HealthAnswer(
            parts=[PartAnswer(part=one.part, state=one.state, words=one.words, cure=one.cure) for one in shown],
            disk=DiskAnswer(free_bytes=report.disk.free_bytes, kept_bytes=report.disk.kept_bytes),
            versions=dict(report.versions),
        )

    def microphones(self, asked: Bare) -> list[MicrophoneAnswer]:
        """Return all microphones with their loudness."""
        rooms = rooms_on_page(rooms_of(self._parts), asked.words, self._parts.clock.wall_seconds())
        return [MicrophoneAnswer(mic=one.mic, name=one.name, loudness=one.loudness) for one in rooms]

    def clap(self, asked: Bare) -> ClapAnswer:
        """Return whether a clap was heard in the last seconds."""
        mic = asked.path["mic"]
        if mic not in {room.mic for room in rooms_of(self._parts)}:
            raise NotThereError("There is no such microphone. It may have been removed.")
        found = clap_in(self._parts, mic)
        return ClapAnswer(verdict=found.verdict, words=clap_words(found, asked.words))

    def recordings(self, asked: ApiRequest[AskedRecordings, NoFields]) -> list[RecordedStretch]:
        """Return the recorded files that hold sound of a time."""
        if self._parts.clips is None:
            raise NotNowError("Sounds cannot be kept at present.")
        time = asked.query
        found: list[RecordedStretch] = self._parts.clips.recorded(time.mic, time.from_at, time.to_at)
        return found
