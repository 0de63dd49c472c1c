"""`tears up`: the whole house on this machine, with a live view, until Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import redis
from rich.console import Console
from rich.live import Live

from tears.cli.errors import InputError
from tears.cli.house import House, HousePlan
from tears.cli.interrupt import stop_on_signals
from tears.cli.recordings import find_recordings
from tears.cli.view import ChangeLog, rooms_table
from tears.kit.mics import read_mics
from tears.kit.rooms import RoomState, read_rooms

LOOK_SECONDS = 0.25


def up(mics: Sequence[str], inputs: Sequence[Path], console: Console) -> None:
    """Plays the inputs in real time and shows what is heard, until all have ended or Ctrl-C.

    Raises:
        InputError: no input, or one that cannot be used.
        StartError: a process did not come up, or a recorder could not play its file.
    """
    if not inputs:
        raise InputError("nothing to listen to: give --input FILE (WAV, FLAC or OGG), once for each room")
    recordings = find_recordings(inputs, mics)
    stop = stop_on_signals()
    with House(HousePlan()) as house:
        for recording in recordings:
            house.record(recording.mic, recording.path, "realtime")
        console.print(f"listening to {', '.join(recording.mic for recording in recordings)}; Ctrl-C ends it")
        _watch(house, {recording.mic for recording in recordings}, stop, console)
        console.print("draining")


def _watch(house: House, mics: set[str], stop: threading.Event, console: Console) -> None:
    log = ChangeLog(console)
    with house.client() as client, Live(console=console, refresh_per_second=4) as live:
        while not stop.wait(LOOK_SECONDS):
            house.tend()
            try:
                registered, rooms = read_mics(client), read_rooms(client)
            except redis.RedisError as error:
                live.update(f"Redis does not answer: {error}")
                continue
            shown = {mic: room for mic, room in rooms.items() if mic in mics}
            if console.is_terminal:
                live.update(rooms_table({mic: registered[mic] for mic in mics if mic in registered}, shown))
            else:
                log.update(shown)
            ended = {mic for mic, room in shown.items() if room.state is RoomState.ENDED}
            if ended == mics and all(recorder.status == 0 for recorder in house.recorders.values()):
                return
