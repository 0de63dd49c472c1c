"""Find the recordings that a command plays, and name their rooms."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tears.cli.errors import InputError
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import look_at

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class RoomRecording:
    """A file and the microphone that it is played as."""

    path: Path
    mic: str
    duration_seconds: float

    @property
    def stem(self) -> str:
        """Return the name of its folder of results."""
        return self.path.stem


def find_room_recordings(paths: Sequence[Path], mics: Sequence[str] = ()) -> list[RoomRecording]:
    """Look at recordings and name their rooms.

    The first rooms get the names in `mics`; the others are named after their files.

    Raises:
        InputError: A file cannot be read, or two would share a name.
    """
    if len(mics) > len(paths):
        raise InputError(f"{len(mics)} rooms are named for {len(paths)} inputs: give one --input for each --mic")
    found: dict[str, RoomRecording] = {}
    for at, path in enumerate(paths):
        mic = mics[at] if at < len(mics) else _room_name(path.stem, found)
        if mic in found:
            raise InputError(f"{found[mic].path} and {path} would both be the room {mic}; rename one of them")
        try:
            facts = look_at(path)
        except UnreadableSoundError as error:
            raise InputError(f"{path} cannot be read as a recording: it {error.reason}") from error
        if facts.samples == 0:
            raise InputError(f"{path} is empty: it holds no samples; give a recording with sound in it")
        found[mic] = RoomRecording(path, mic, facts.seconds)
    return list(found.values())


def _room_name(stem: str, taken: Mapping[str, RoomRecording]) -> str:
    """Return a name for a file's room; if characters had to be replaced, a number may keep names apart."""
    if not stem.strip("."):
        raise InputError(f"a recording called {stem!r} has no name for its results; rename it")
    plain = _NOT_IN_A_NAME.sub("_", stem)
    if plain == stem or plain not in taken or any(other.stem == stem for other in taken.values()):
        return plain
    return next(f"{plain}-{at}" for at in itertools.count(2) if f"{plain}-{at}" not in taken)
