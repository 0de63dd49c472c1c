"""The live view of `tears up`: level, score and state of each room."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tears.kit.registry.mic_state import UNHEARING, MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState

FLOOR_DBFS = -80.0
BAR_CELLS = 20

_STYLES = {
    RoomState.QUIET: "green",
    RoomState.CRYING: "bold red",
    RoomState.DEAF: "bold yellow",
    RoomState.ENDED: "dim",
}

_FAULTS = UNHEARING | {MicState.CLIPPING}


def rooms_table(mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> Table:
    """A row a microphone, whether anything was heard of it or not."""
    table = Table("room", "state", "level", "cry score", "heard", "episodes", expand=False)
    for mic in sorted({*mics, *rooms}):
        room = rooms.get(mic)
        fault = _fault(mics.get(mic))
        if room is None:
            table.add_row(mic, fault or Text("starting", "dim"), "", "", "", "")
            continue
        table.add_row(
            mic,
            fault or Text(room.state.value, _STYLES[room.state]),
            Text(f"{level_bar(room.level_dbfs)} {room.level_dbfs:6.1f} dBFS"),
            "" if room.cry_score is None else f"{room.cry_score:.2f}",
            f"{room.heard_until_seconds:.0f} s",
            str(room.episodes),
        )
    return table


def _fault(record: MicRecord | None) -> Text | None:
    """What is wrong with the microphone itself, which goes before whatever was last heard of it."""
    if record is None or record.state not in _FAULTS:
        return None
    return Text(f"microphone {record.state}", "bold yellow")


def level_bar(level_dbfs: float) -> str:
    """A bar of 20 cells from -80 to 0 dBFS."""
    filled = round(BAR_CELLS * min(max(1.0 - level_dbfs / FLOOR_DBFS, 0.0), 1.0))
    return "█" * filled + "·" * (BAR_CELLS - filled)


class ChangeLog:
    """The view where nobody watches: a line when a room's state changes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._states: dict[str, RoomState] = {}
        self._mic_states: dict[str, str] = {}

    def update(self, mics: Mapping[str, MicRecord], rooms: Mapping[str, RoomRecord]) -> None:
        """Prints what has changed since the last call."""
        for mic, record in sorted(mics.items()):
            before = self._mic_states.get(mic, MicState.LISTENING)
            self._mic_states[mic] = record.state
            if record.state != before and (record.state in _FAULTS or before in _FAULTS):
                self._console.print(f"{mic}: microphone {record.state}")
        for mic, room in sorted(rooms.items()):
            if self._states.get(mic) is not room.state:
                self._states[mic] = room.state
                score = "" if room.cry_score is None else f", cry score {room.cry_score:.2f}"
                self._console.print(f"{mic}: {room.state.value} at {room.heard_until_seconds:.0f} s{score}")
