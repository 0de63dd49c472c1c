"""`tears replay`: recordings through the real services, as fast as the machine allows, notifying nobody."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tears.audio.constants import WINDOW_SECONDS
from tears.cli.errors import InputError
from tears.cli.house.local_pipeline import REPLAYED_SESSION, House, HousePlan
from tears.cli.house.shipped_model import cry_label
from tears.cli.house.stop_signals import stop_on_signals
from tears.cli.room_recordings import Recording, find_recordings
from tears.cli.transcript import RoomTranscript, Transcript, write_results
from tears.kit.registry.rooms import RoomRecord, read_rooms
from tears.kit.streams.names import chunks

LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """How to replay.

    Attributes:
        gain_db: `auto` or decibels; None leaves the service's own setting.
        hop_seconds: None leaves the service's own setting.
        at_once: recordings that are played side by side.
        replicas: preprocessors and classifiers, each.
    """

    gain_db: str | None = None
    hop_seconds: float | None = None
    at_once: int = 2
    replicas: int = 1


@dataclass(frozen=True)
class ReplayResult:
    """What was heard, and how fast."""

    recordings: list[Recording]
    rooms: dict[str, RoomTranscript]
    elapsed_seconds: float
    restarts: int
    complaints: list[str]

    @property
    def times_real_time(self) -> float:
        """Seconds of sound per second."""
        return sum(recording.duration_seconds for recording in self.recordings) / self.elapsed_seconds


def replay(paths: Sequence[Path], out: Path | None, options: ReplayOptions, console: Console) -> ReplayResult:
    """Plays each recording as a room of its own and collects what the services say.

    Args:
        paths: WAV, FLAC or OGG; any rate and channels.
        out: `<out>/<stem>/` gets `detections.jsonl` and `episodes.jsonl`; None writes nothing.
        options: see there.
        console: for the progress bar.

    Raises:
        InputError: a file cannot be used.
        StartError: a process did not come up, or a recorder could not play its file.
        click.Abort: Ctrl-C.
    """
    recordings = find_recordings(paths)
    if out is not None:
        # Before hours of sound, not after them.
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{out} cannot be a folder for results: {error}; give another --out") from error
    stop = stop_on_signals()
    with House(HousePlan(environ=_environ(options), private=True, replicas=options.replicas)) as house:
        begun = time.monotonic()
        transcript = _play(house, recordings, options.at_once, console, stop)
        elapsed_seconds = time.monotonic() - begun
        restarts, complaints = house.restarts, house.complaints()
    if out is not None:
        for recording in recordings:
            write_results(out / recording.stem, recording.mic, transcript.room(recording.mic), cry_label())
    return ReplayResult(recordings, transcript.rooms, elapsed_seconds, restarts, complaints)


def print_summary(result: ReplayResult, console: Console) -> None:
    """One row a recording."""
    table = Table("recording", "windows", "tombstones", "episodes (alerted at, lasting)")
    rooms = [(recording, result.rooms.get(recording.mic, RoomTranscript())) for recording in result.recordings]
    for recording, room in rooms:
        episodes = ", ".join(
            f"{clock_time(one.alerted_at_seconds)} ({one.end_seconds - one.start_seconds:.0f} s)"
            for one in room.closed_episodes()
        )
        table.add_row(recording.stem, str(len(room.scored())), str(room.lost().total()), episodes or "none")
    console.print(table)
    minutes = sum(recording.duration_seconds for recording in result.recordings) / 60
    console.print(
        f"{minutes:.1f} min of sound in {result.elapsed_seconds:.1f} s: {result.times_real_time:.0f} times real time"
    )
    for recording, room in rooms:
        if recording.duration_seconds < WINDOW_SECONDS:
            console.print(f"{recording.stem} is shorter than a window of {WINDOW_SECONDS} s: there is nothing to score")
        if lost := ", ".join(f"{count} ({reason})" for reason, count in room.lost().most_common()):
            told = f"{recording.stem}: windows without scores: {lost}"
            console.print(told, style="yellow", markup=False, highlight=False)
    for complaint in result.complaints:
        console.print(complaint, style="yellow", markup=False, highlight=False)
    if result.restarts:
        console.print(f"{result.restarts} services died and were brought back")


def clock_time(seconds: float) -> str:
    """`3:07` for 187 s."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _environ(options: ReplayOptions) -> dict[str, str]:
    environ = {
        # A replay never gives up on a window: nothing else would make it the same each time.
        "TEARS_ALERTER_LATENESS_SECONDS": "inf",
        "TEARS_ALERTER_DEAF_SECONDS": "inf",
        "TEARS_ALERTER_NOTIFY": "",
    }
    if options.gain_db is not None:
        environ["TEARS_PREPROCESSOR_GAIN_DB"] = options.gain_db
    if options.hop_seconds is not None:
        environ["TEARS_PREPROCESSOR_HOP_SECONDS"] = str(options.hop_seconds)
    return environ


def _play(
    house: House, recordings: Sequence[Recording], at_once: int, console: Console, stop: threading.Event
) -> Transcript:
    waiting = deque(recordings)
    playing: dict[str, TaskID] = {}
    with house.client() as client, _progress_bar(console) as progress:
        transcript = Transcript(client)
        whole = progress.add_task("all", total=len(recordings), unit="")
        while waiting or playing:
            while waiting and len(playing) < at_once:
                recording = waiting.popleft()
                house.record(recording.mic, recording.path, "fast")
                playing[recording.mic] = progress.add_task(
                    recording.stem, total=int(recording.duration_seconds), unit="s"
                )
            house.tend()
            # Rooms before streams: a room that has ended has all its entries in the streams already.
            rooms = read_rooms(client)
            transcript.follow()
            for mic, task in list(playing.items()):
                room = rooms.get(mic)
                if room is None:
                    continue
                progress.update(task, completed=int(room.heard_until_seconds))
                if _has_ended(room, house, mic):
                    progress.remove_task(task)
                    progress.advance(whole)
                    del playing[mic]
                    client.delete(chunks(mic))
            if stop.wait(LOOK_SECONDS):
                raise click.Abort
    return transcript


def _has_ended(room: RoomRecord, house: House, mic: str) -> bool:
    return room.has_ended(REPLAYED_SESSION) and house.recorders[mic].status == 0


def _progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
