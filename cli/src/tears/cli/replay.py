"""`tears replay`: play recordings through the real services as fast as the machine allows, without notices."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tears.audio.constants import WINDOW_SECONDS
from tears.cli.console import make_console
from tears.cli.models.own_folder import folder_to_serve
from tears.cli.options import EXISTING_FILE, FOLDER, GainType, minutes_and_seconds
from tears.cli.output_files import check_folder, refuse_existing, replace_option, write_outputs
from tears.cli.pipeline.local_pipeline import REPLAYED_SESSION, LocalPipeline, PipelinePlan
from tears.cli.pipeline.model_server import cry_label
from tears.cli.pipeline.room_recordings import RoomRecording, find_room_recordings
from tears.cli.pipeline.stop_signals import stop_event_on_signals
from tears.cli.pipeline.transcript import DetectionTable, RoomTranscript, Transcript
from tears.cli.result_files import result_files, result_paths
from tears.kit.registry.rooms import read_rooms
from tears.kit.streams.names import chunks

FOLLOW_SECONDS = 0.1


@dataclass(frozen=True)
class ReplayResult:
    """The output of the services, and the time that it took."""

    recordings: list[RoomRecording]
    rooms: dict[str, RoomTranscript]
    elapsed_seconds: float
    restarts: int
    warnings: list[str]

    def room(self, mic: str) -> RoomTranscript:
        """Return what was published about one microphone; nothing if it published nothing."""
        return self.rooms.get(mic) or RoomTranscript(mic, DetectionTable())

    @property
    def times_real_time(self) -> float:
        """Return the seconds of sound per second."""
        return sum(recording.duration_seconds for recording in self.recordings) / self.elapsed_seconds


@click.command("replay")
@click.argument("files", nargs=-1, required=True, type=EXISTING_FILE)
@click.option("--out", required=True, type=FOLDER, help="The folder to write the results to.")
@click.option(
    "--gain-db",
    type=GainType(),
    help="How much to amplify the sound before the model hears it, in decibels, or auto.  [default: "
    "TEARS_PREPROCESSOR_GAIN_DB, else auto]",
)
@click.option(
    "--hop",
    type=click.FloatRange(0.1, 5),
    help="Ask the model about the last 5 s each time this many seconds have passed.  [default: 1]",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    help="How many recordings to play at the same time.",
)
@click.option(
    "--replicas",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="How many processes of the preprocessor, and of the classifier.",
)
@replace_option
def command(
    *,
    files: tuple[Path, ...],
    out: Path,
    gain_db: str | None,
    hop: float | None,
    at_once: int,
    replicas: int,
    is_replacing: bool,
) -> None:
    """Play recordings through the same services, as fast as possible, notifying nobody."""
    console = make_console()
    recordings = find_room_recordings(files)
    # A folder that cannot be written is refused now, and not after hours of sound.
    check_folder(out)
    refuse_existing([path for one in recordings for path in result_paths(out / one.stem)], is_replacing=is_replacing)
    result = replay(recordings, console, gain_db=gain_db, hop_seconds=hop, at_once=at_once, replicas=replicas)
    try:
        write_outputs(
            {
                path: content
                for one in result.recordings
                for path, content in result_files(out / one.stem, one.mic, result.room(one.mic), cry_label()).items()
            }
        )
    finally:
        # The summary is there if the disk does not take the files, and they are if it does not take the summary.
        print_summary(result, console)


def replay(
    recordings: Sequence[RoomRecording],
    console: Console,
    *,
    gain_db: str | None = None,
    hop_seconds: float | None = None,
    at_once: int = 2,
    replicas: int = 1,
) -> ReplayResult:
    """Play each recording, of any rate and number of channels, as a room of its own; the rest as `replay_made` says."""
    return replay_made(
        lambda: recordings, console, gain_db=gain_db, hop_seconds=hop_seconds, at_once=at_once, replicas=replicas
    )


def replay_made(
    make: Callable[[], Sequence[RoomRecording]],
    console: Console,
    *,
    gain_db: str | None = None,
    hop_seconds: float | None = None,
    at_once: int = 2,
    replicas: int = 1,
) -> ReplayResult:
    """Play recordings and collect what the services publish.

    Args:
        make: Returns the recordings, once the services have started; it may block until they have been made.
        console: Shows the progress.
        gain_db: `auto` or decibels; None leaves the preprocessor's own setting.
        hop_seconds: None leaves the preprocessor's own setting.
        at_once: How many recordings are played side by side.
        replicas: How many preprocessors, and how many classifiers.

    Raises:
        StartError: A process did not start, or a recorder could not play its file.
        click.Abort: Ctrl-C was pressed.
    """
    stop = stop_event_on_signals()
    environ = {
        # A replay never gives up on a window, so that its result is the same each time.
        "TEARS_ALERTER_LATENESS_SECONDS": "inf",
        "TEARS_ALERTER_DEAF_SECONDS": "inf",
        "TEARS_PREPROCESSOR_OVERLOAD_SECONDS": "inf",
        "TEARS_CLASSIFIER_OVERLOAD_SECONDS": "inf",
        "TEARS_ALERTER_NOTIFY": "",
        "TEARS_ALERTER_MQTT_URL": "",
        "TEARS_ALERTER_NIGHTS_KEPT": "0",
        "TEARS_ALERTER_RULES": "",
        "TEARS_ALERTER_SELFTEST_SECONDS": "0",
        "TEARS_ALERTER_HEARTBEAT_URL": "",
    }
    if gain_db is not None:
        environ["TEARS_PREPROCESSOR_GAIN_DB"] = gain_db
    if hop_seconds is not None:
        environ["TEARS_PREPROCESSOR_HOP_SECONDS"] = str(hop_seconds)
    plan = PipelinePlan(environ=environ, private=True, replicas=replicas, models=folder_to_serve())
    with LocalPipeline(plan) as pipeline:
        recordings = make()
        begun = time.monotonic()
        transcript = _play(pipeline, recordings, at_once, console, stop)
        elapsed_seconds = time.monotonic() - begun
        restarts, warnings = pipeline.restarts, pipeline.new_warnings()
    return ReplayResult(list(recordings), transcript.rooms, elapsed_seconds, restarts, warnings)


def print_summary(result: ReplayResult, console: Console) -> None:
    """Print one row for each recording, then the warnings."""
    table = Table("recording", "parts of 5 s", "lost", "alerts (length of the crying)")
    rooms = [(recording, result.room(recording.mic)) for recording in result.recordings]
    for recording, room in rooms:
        alerts = ", ".join(
            f"{minutes_and_seconds(one.alerted_at_seconds)} ({one.end_seconds - one.start_seconds:.0f} s)"
            for one in room.closed_episodes()
        )
        table.add_row(escape(recording.stem), str(room.scored_count()), str(room.lost().total()), alerts or "no alert")
    console.print(table)
    minutes = sum(recording.duration_seconds for recording in result.recordings) / 60
    console.print(
        f"{minutes:.1f} min of sound in {result.elapsed_seconds:.1f} s: {result.times_real_time:.0f} times real time"
    )
    for recording, room in rooms:
        if recording.duration_seconds < WINDOW_SECONDS:
            words = f"{recording.stem} is shorter than {WINDOW_SECONDS} s: it cannot be checked for crying"
            console.print(words, markup=False, highlight=False)
        if lost := ", ".join(f"{count} ({reason})" for reason, count in room.lost().most_common()):
            words = f"{recording.stem}: parts that could not be checked for crying: {lost}"
            console.print(words, style="yellow", markup=False, highlight=False)
    for warning in result.warnings:
        console.print(warning, style="yellow", markup=False, highlight=False)
    if result.restarts:
        console.print(f"{result.restarts} services died and were restarted")


def _play(
    pipeline: LocalPipeline, recordings: Sequence[RoomRecording], at_once: int, console: Console, stop: threading.Event
) -> Transcript:
    waiting = deque(recordings)
    playing: dict[str, TaskID] = {}
    with pipeline.client() as client, _progress(console) as progress:
        transcript = Transcript(client)
        whole = progress.add_task("all", total=len(recordings), unit="")
        while waiting or playing:
            while waiting and len(playing) < at_once:
                recording = waiting.popleft()
                pipeline.play(recording.mic, recording.path, "fast")
                seconds = int(recording.duration_seconds)
                playing[recording.mic] = progress.add_task(escape(recording.stem), total=seconds, unit="s")
            pipeline.restart_dead_processes()
            # The rooms are read before the streams: if a room has ended, the streams have all its entries.
            rooms = read_rooms(client)
            transcript.follow()
            for mic, task in list(playing.items()):
                room = rooms.get(mic)
                if room is None:
                    continue
                progress.update(task, completed=int(room.heard_until_seconds))
                if room.has_ended(REPLAYED_SESSION) and pipeline.recorders[mic].status == 0:
                    progress.remove_task(task)
                    progress.advance(whole)
                    del playing[mic]
                    # To delete the stream would also delete its consumer group, which its readers need.
                    client.xtrim(chunks(mic), maxlen=0, approximate=False)
            if stop.wait(FOLLOW_SECONDS):
                raise click.Abort
    return transcript


def _progress(console: Console) -> Progress:
    """Return a bar for each recording that is played, on a terminal only."""
    unit = TextColumn("{task.fields[unit]}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), unit, TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
