"""`tears up`: run the whole pipeline on this machine, with a live view, until Ctrl-C."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import click
import redis
from rich.console import Console
from rich.live import Live

from tears.cli.devices import device_for, find_microphones
from tears.cli.errors import InputError
from tears.cli.options import EXISTING_FILE
from tears.cli.pipeline.live_view import ChangeLog, rooms_table
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.room_recordings import find_room_recordings
from tears.cli.pipeline.stop_signals import stop_event_on_signals
from tears.kit.registry.mics import MicRecord, read_mics
from tears.kit.registry.rooms import RoomRecord, read_rooms

VIEW_SECONDS = 0.25
DEFAULT_MIC = "nursery"
STREAM_VARIABLE = "TEARS_RECORDER_INPUT"


@click.command("up")
@click.option("--mic", "mics", multiple=True, help="Name of a room. The first ones play the inputs.")
@click.option(
    "--input", "inputs", multiple=True, type=EXISTING_FILE, help="A recording to play as a microphone, in real time."
)
def command(mics: tuple[str, ...], inputs: tuple[Path, ...]) -> None:
    """Listen to the rooms, with a live view; starts Redis, the model server and the services."""
    console = Console()
    # The first names are for the recordings; the other rooms listen to microphones.
    recordings = find_room_recordings(inputs, mics[: len(inputs)])
    listening = list(mics[len(inputs) :]) or ([] if inputs else [DEFAULT_MIC])
    rooms = [*(recording.mic for recording in recordings), *listening]
    if len(set(rooms)) < len(rooms):
        raise InputError(f"two rooms would have one name: {', '.join(rooms)}; give each --mic another")
    stream = _stream_url(listening)
    microphones = find_microphones() if listening and not stream else []
    stop = stop_event_on_signals()
    with LocalPipeline(PipelinePlan()) as pipeline:
        for recording in recordings:
            pipeline.play(recording.mic, recording.path, "realtime")
        for mic in listening:
            pipeline.listen(mic, device_for(mic, microphones), stream)
        console.print(f"listening to {', '.join(rooms)}; press Ctrl-C to end")
        _watch(pipeline, set(rooms), stop, console)
        console.print("stopping")


def _stream_url(listening: Sequence[str]) -> str:
    """Return the URL of the stream to listen to in place of a microphone; empty if there is none."""
    named = os.environ.get(STREAM_VARIABLE, "")
    if not named or not listening:
        return ""
    if ":/" not in named:
        raise InputError(f"{STREAM_VARIABLE} is the path of a recording; unset it, and play that with --input {named}")
    if len(listening) > 1:
        raise InputError(
            f"{STREAM_VARIABLE} is one stream, and {' and '.join(listening)} would all play it; name one room here, "
            "and give each of the others a recorder of its own (services/recorder/README.md)"
        )
    return named


def _has_ended(room: RoomRecord | None, record: MicRecord | None) -> bool:
    # After Redis was wiped, the record of an ended recorder is missing, but the record of its room is there.
    return room is not None and room.has_ended(record.session if record else room.session)


def _watch(pipeline: LocalPipeline, mics: set[str], stop: threading.Event, console: Console) -> None:
    log = ChangeLog(console)
    with Live(console=console, refresh_per_second=4) as live:
        while not stop.wait(VIEW_SECONDS):
            pipeline.restart_dead_processes()
            for warning in pipeline.new_warnings():
                console.print(warning, style="yellow", markup=False, highlight=False)
            try:
                registered, rooms = read_mics(pipeline.client()), read_rooms(pipeline.client())
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
            have_recorders_ended = all(recorder.status == 0 for recorder in pipeline.recorders.values())
            if have_recorders_ended and all(_has_ended(shown.get(mic), ours.get(mic)) for mic in mics):
                return
