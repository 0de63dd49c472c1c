"""`tears up`: the whole house on this machine, with a live view, until Ctrl-C."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import redis
from rich.console import Console
from rich.live import Live

from tears.cli.devices import device_for, find_microphones
from tears.cli.errors import InputError
from tears.cli.house.live_view import ChangeLog, rooms_table
from tears.cli.house.local_pipeline import House, HousePlan
from tears.cli.house.stop_signals import stop_on_signals
from tears.cli.room_recordings import find_recordings
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.registry.rooms import RoomRecord, read_rooms

LOOK_SECONDS = 0.25
DEFAULT_MIC = "nursery"
STREAM_VARIABLE = "TEARS_RECORDER_INPUT"


def up(mics: Sequence[str], inputs: Sequence[Path], console: Console) -> None:
    """Listens, plays the inputs in real time, and shows what is heard, until all have ended or Ctrl-C.

    Args:
        mics: names of rooms. The first ones are those of the inputs; the others listen to the microphone that is called
            like them, or to the default one.
        inputs: recordings; without any, and without a name, one room listens to the default microphone, or to the
            stream that TEARS_RECORDER_INPUT names.
        console: for the view.

    Raises:
        InputError: an input cannot be used, or two rooms have one name.
        StartError: a process did not come up, or a recorder could not play its file.
    """
    recordings = find_recordings(inputs, mics[: len(inputs)])
    listening = list(mics[len(inputs) :]) or ([] if inputs else [DEFAULT_MIC])
    rooms = [*(recording.mic for recording in recordings), *listening]
    if len(set(rooms)) < len(rooms):
        raise InputError(f"two rooms would have one name: {', '.join(rooms)}; give each --mic another")
    stream = _stream_for(listening)
    microphones = find_microphones() if listening and not stream else []
    stop = stop_on_signals()
    with House(HousePlan()) as house:
        for recording in recordings:
            house.record(recording.mic, recording.path, "realtime")
        for mic in listening:
            house.listen(mic, device_for(mic, microphones), stream)
        console.print(f"listening to {', '.join(rooms)}; Ctrl-C ends it")
        _watch(house, set(rooms), stop, console)
        console.print("draining")


def _stream_for(listening: Sequence[str]) -> str:
    """The URL of the stream that is listened to in a microphone's place; empty: none is."""
    named = os.environ.get(STREAM_VARIABLE, "")
    if not named or not listening:
        return ""
    if "://" not in named:
        raise InputError(f"{STREAM_VARIABLE} is the path of a recording; unset it, and play that with --input {named}")
    if len(listening) > 1:
        raise InputError(
            f"{STREAM_VARIABLE} is one stream, and {' and '.join(listening)} would all play it; name one room here, "
            "and give each of the others a recorder of its own (services/recorder/README.md)"
        )
    return named


def _has_ended(room: RoomRecord | None, record: MicRecord | None) -> bool:
    # A Redis that was wiped has the rooms again, of a recorder that is through not its record.
    return room is not None and room.has_ended(record.session if record else room.session)


def _watch(house: House, mics: set[str], stop: threading.Event, console: Console) -> None:
    log = ChangeLog(console)
    with house.client() as client, Live(console=console, refresh_per_second=4) as live:
        while not stop.wait(LOOK_SECONDS):
            house.tend()
            for complaint in house.complaints():
                console.print(complaint, style="yellow", markup=False, highlight=False)
            try:
                registered, rooms = read_mics(client), read_rooms(client)
            except redis.RedisError as error:
                if console.is_terminal:
                    live.update(f"Redis does not answer: {error}")
                continue
            shown = {mic: room for mic, room in rooms.items() if mic in mics}
            ours = {mic: record for mic, record in registered.items() if mic in mics}
            if console.is_terminal:
                live.update(rooms_table(ours, shown))
            else:
                log.update(ours, shown)
            are_through = all(recorder.status == 0 for recorder in house.recorders.values())
            if are_through and all(_has_ended(shown.get(mic), ours.get(mic)) for mic in mics):
                return
