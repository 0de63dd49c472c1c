"""The live view of `tears up`: the state and level of each room."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tears.audio.constants import SILENCE_DBFS
from tears.cli.options import minutes_and_seconds
from tears.kit.registry.mic_state import UNHEARING, MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState

BAR_FLOOR_DBFS = -80.0
BAR_CELLS = 20

# Each state in a parent's words, and its colour.
_STATES = {
    RoomState.QUIET: ("quiet", "green"),
    RoomState.CRYING: ("crying", "bold red"),
    RoomState.DEAF: ("not listening", "bold yellow"),
    RoomState.ENDED: ("ended", "dim"),
}

_FAULTS = UNHEARING | {MicState.CLIPPING}


def rooms_table(mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> Table:
    """Return a table with a row for each microphone, whether or not it has sent any sound."""
    table = Table("room", "state", "level", "crying?", "listening for", "alerts", expand=False)
    for mic in sorted({*mics, *rooms}):
        room = rooms.get(mic)
        fault = _fault(mics.get(mic))
        if room is None:
            table.add_row(mic, fault or Text("starting", "dim"), "", "", "", "")
            continue
        table.add_row(
            mic,
            fault or Text(*_STATES[room.state]),
            Text(level_words(room.level_dbfs)),
            "" if room.cry_score is None else f"{room.cry_score:.0%}",
            minutes_and_seconds(room.heard_until_seconds),
            str(room.episodes),
        )
    return table


def _fault(record: MicRecord | None) -> Text | None:
    """Return the fault of a microphone, which is shown in place of the room's last state; None if it has none."""
    if record is None or record.state not in _FAULTS:
        return None
    return Text(f"microphone {record.state}", "bold yellow")


def level_words(level_dbfs: float) -> str:
    """Return the level in words, after a bar of 20 cells from -80 dB to full scale at 0 dB."""
    filled = round(BAR_CELLS * min(max(1.0 - level_dbfs / BAR_FLOOR_DBFS, 0.0), 1.0))
    level = "silent" if level_dbfs <= SILENCE_DBFS else f"{level_dbfs:.0f} dB"
    return f"{'█' * filled}{'·' * (BAR_CELLS - filled)} {level:>6}"


class ChangeLog:
    """Prints a line when a room's state changes; this is the view if the output is not a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._states: dict[str, RoomState] = {}
        self._mic_states: dict[str, str] = {}

    def update(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> None:
        """Print what has changed since the last call."""
        for mic, record in sorted(mics.items()):
            before = self._mic_states.get(mic, MicState.LISTENING)
            self._mic_states[mic] = record.state
            if record.state != before and (record.state in _FAULTS or before in _FAULTS):
                self._console.print(f"{mic}: microphone {record.state}")
        for mic, room in sorted(rooms.items()):
            if self._states.get(mic) is not room.state:
                self._states[mic] = room.state
                words, _ = _STATES[room.state]
                self._console.print(f"{mic}: {words} at {minutes_and_seconds(room.heard_until_seconds)}")
