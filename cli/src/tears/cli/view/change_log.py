"""The view of `tears up` where the output is not a terminal: a line for each change."""

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from tears.cli.options import minutes_and_seconds
from tears.cli.view.rooms_view import silence_words
from tears.kit.registry.mic_state import UNHEARING, MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.room_names import RoomNames
from tears.kit.registry.rooms import RoomRecord, RoomState

# Each state in a parent's words.
_STATES = {
    RoomState.QUIET: "quiet",
    RoomState.CRYING: "crying",
    RoomState.DEAF: "not listening",
    RoomState.ENDED: "ended",
}

_FAULTS = UNHEARING | {MicState.CLIPPING}


class ChangeLog:
    """Prints a line when the state of a room or of its microphone changes."""

    def __init__(self, console: Console, names: RoomNames) -> None:
        self._console = console
        self._names = names
        self._states: dict[str, RoomState] = {}
        self._mic_states: dict[str, str] = {}
        self._silences: dict[str, str] = {}

    def update(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord], *, is_starting: bool) -> None:
        """Print what has changed since the last call; a microphone that its recorder has not looked for yet is none."""
        for mic, record in sorted(mics.items()):
            if is_starting and not record.sample_rate_hz:
                continue
            before = self._mic_states.get(mic, MicState.LISTENING)
            self._mic_states[mic] = record.state
            if record.state != before and (record.state in _FAULTS or before in _FAULTS):
                self._console.print(Text(f"{self._names.of(mic)}: microphone {record.state}"))
        for mic, room in sorted(rooms.items()):
            if self._states.get(mic) is not room.state:
                self._states[mic] = room.state
                until = minutes_and_seconds(room.heard_until_seconds)
                self._console.print(Text(f"{self._names.of(mic)}: {_STATES[room.state]} at {until}"))
            silence = silence_words(room)
            if silence != self._silences.get(mic, ""):
                self._silences[mic] = silence
                self._console.print(Text(f"{self._names.of(mic)}: {silence or 'crying is told again'}"))
