"""The live view of `tears up`: the state of the house, and of each room in it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from tears.cli.view.levels import level_words
from tears.cli.view.room_history import RoomHistory
from tears.kit.registry.mic_state import UNHEARING, MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.room_names import RoomNames
from tears.kit.registry.rooms import RoomRecord, RoomState

# A narrower terminal shows only what a parent needs at night.
WIDE_COLUMNS = 80
_BAR_CELLS = 8
_WIDE_BAR_CELLS = 20


@dataclass(frozen=True, kw_only=True)
class RoomView:
    """The facts about one room, with its name for people; None is unknown."""

    name: str
    record: MicRecord | None
    room: RoomRecord | None
    history: RoomHistory
    is_starting: bool = False
    is_fresh: bool = True

    def state(self) -> Text:
        """Return the state in a parent's words: what is wrong comes before what was heard last."""
        # Before its first session a microphone is registered as absent, and so it is while its recorder starts.
        is_new = self.record is None or not self.record.sample_rate_hz
        if self.is_starting and is_new and self.room is None:
            return Text("Starting", "dim")
        if reason := self._deafness():
            return Text(f"Not listening: {reason}", "bold yellow")
        return self._hearing()

    def _deafness(self) -> str:
        """Return why nobody listens to the room; empty if it is listened to."""
        if self.record is not None and self.record.state in UNHEARING:
            return f"microphone {self.record.state}"
        if self.room is None:
            return "" if self.is_starting else "no sound yet"
        if self.room.state is not RoomState.DEAF:
            return ""
        return "too many rooms for this machine" if self.room.is_overloaded else "no sound arrives"

    def _hearing(self) -> Text:
        if self.room is None:
            return Text("Starting", "dim")
        if self.room.state is RoomState.ENDED:
            return Text("Ended", "dim")
        if self.room.state is RoomState.CRYING:
            since = self.history.crying_since_seconds
            crying = "Crying" if since is None else f"Crying since {_clock(since)}"
            silence = "acknowledged" if self.room.is_acknowledged else silence_words(self.room)
            return Text(f"{crying}, {silence}" if silence else crying, "bold red")
        silence = silence_words(self.room)
        words = ""
        if self.record is not None and self.record.state is MicState.CLIPPING:
            words = f"Listening: microphone {self.record.state}"
        elif self.room.is_overloaded:
            words = "Listening with gaps: too many rooms"
        if words:
            return Text(f"{words}, {silence}" if silence else words, "yellow")
        if silence:
            return Text(silence.capitalize(), "yellow")
        return Text("Listening", "green")

    def level(self, cells: int, *, is_ascii: bool) -> str:
        """Return the level, or nothing if no sound comes: the last level would look as if it were the present one."""
        is_heard = self.record is None or self.record.state not in UNHEARING
        if self.room is None or self.room.state is RoomState.DEAF or not (is_heard and self.is_fresh):
            return ""
        return level_words(self.room.level_dbfs, cells=cells, is_ascii=is_ascii)


@dataclass(frozen=True, kw_only=True)
class HouseView:
    """Everything that the live view shows; it draws itself for the terminal's present width.

    Attributes:
        now_seconds: the wall clock.
        model: name and version of the model.
        receivers: who is notified, in words.
        notices_waiting: None if the alerter does not say.
        faults: what is wrong now, a line each.
    """

    rooms: Sequence[RoomView]
    now_seconds: float
    model: str
    receivers: str
    notices_waiting: int | None
    faults: Sequence[str] = ()

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a line about the house, a table of the rooms, and a line for each fault."""
        yield Text("   ".join(self._facts()), "dim")
        is_wide = options.max_width >= WIDE_COLUMNS
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, expand=False)
        table.add_column("room", style="bold", overflow="fold")
        table.add_column("state", overflow="fold")
        table.add_column("level", no_wrap=True)
        table.add_column("last cry", no_wrap=True)
        if is_wide:
            table.add_column("crying?", no_wrap=True)
            table.add_column("cries", no_wrap=True)
            table.add_column("heard", no_wrap=True)
        for one in self.rooms:
            table.add_row(*self._cells(one, is_wide=is_wide, is_ascii=options.ascii_only))
        yield table
        for fault in self.faults:
            yield Text(f"! {fault}", "yellow")

    def _facts(self) -> list[str]:
        facts = [_clock(self.now_seconds, "%H:%M:%S"), f"model {self.model}", self.receivers]
        if self.notices_waiting is not None:
            facts.append(f"notices waiting: {self.notices_waiting}")
        return facts

    def _cells(self, one: RoomView, *, is_wide: bool, is_ascii: bool) -> list[Text]:
        history = one.history
        last = "" if history.last_cry_seconds is None else _clock(history.last_cry_seconds)
        level = one.level(_WIDE_BAR_CELLS if is_wide else _BAR_CELLS, is_ascii=is_ascii)
        cells = [Text(one.name), one.state(), Text(level), Text(last)]
        if is_wide:
            score = one.room.cry_score if one.room is not None and level else None
            cells.append(Text("" if score is None else f"{score:.0%}"))
            cells += [Text(str(len(history.cries))), Text(_hours_and_minutes(history.heard_seconds))]
        return cells


def room_views(
    mics: Sequence[str],
    records: Mapping[str, MicRecord],
    rooms: Mapping[str, RoomRecord],
    histories: Mapping[str, RoomHistory],
    *,
    names: RoomNames,
    now_seconds: float,
    is_starting: bool,
) -> list[RoomView]:
    """Return the views of these rooms; `now_seconds` is monotonic."""
    found = []
    for mic in mics:
        history = histories.get(mic, RoomHistory())
        is_fresh = history.is_fresh(now_seconds)
        record, room = records.get(mic), rooms.get(mic)
        found.append(
            RoomView(
                name=names.of(mic),
                record=record,
                room=room,
                history=history,
                is_starting=is_starting,
                is_fresh=is_fresh,
            )
        )
    return found


def silence_words(room: RoomRecord) -> str:
    """Return why crying in a room is not told; empty if it is told."""
    if room.snoozed_until_seconds:
        return f"snoozed until {_clock(room.snoozed_until_seconds)}"
    return "on hold until it has been quiet" if room.is_held else ""


def _clock(wall_seconds: float, layout: str = "%H:%M") -> str:
    return time.strftime(layout, time.localtime(wall_seconds))


def _hours_and_minutes(seconds: float) -> str:
    return f"{int(seconds // 3600)}:{int(seconds // 60) % 60:02d} h"
