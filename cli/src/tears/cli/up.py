"""`tears up`: run the whole pipeline on this machine, with a live view, until Ctrl-C."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import click

from tears.cli.console import make_console
from tears.cli.devices import device_for, find_microphones
from tears.cli.errors import InputError
from tears.cli.models.own_folder import folder_to_serve
from tears.cli.options import EXISTING_FILE, NOTIFY_HELP
from tears.cli.page.data_place import ALERTS_FILE_VARIABLE, alerts_file
from tears.cli.page.journal_page import JournalPage
from tears.cli.page.pipeline_settings import pipeline_settings
from tears.cli.pipeline.local_pipeline import LocalPipeline, PipelinePlan
from tears.cli.pipeline.room_recordings import find_room_recordings
from tears.cli.pipeline.stop_signals import stop_event_on_signals, tidying_up
from tears.cli.view.start_line import receivers_words
from tears.cli.view.watch import RoomWatch
from tears.kit.registry.mic_names import SELF_TEST_MIC, is_room, mic_of_room, room_of_mic
from tears.kit.terminal.output import outlive_terminal

DEFAULT_MIC = "nursery"
STREAM_VARIABLE = "TEARS_RECORDER_INPUT"


@click.command("up", epilog=NOTIFY_HELP)
@click.option(
    "--mic",
    "mics",
    multiple=True,
    help="The name of a room; may be given more than once. The first rooms play the recordings of --input, the others "
    "listen to the microphone whose name contains theirs, or to the default one.  [default: nursery]",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    type=EXISTING_FILE,
    help="A recording to play instead of listening to a microphone; may be given more than once.",
)
@click.option(
    "--journal/--no-journal",
    "with_journal",
    default=True,
    help="Keep what is heard, and show it to parents on a page; prints its address.  [default: on]",
)
def command(mics: tuple[str, ...], inputs: tuple[Path, ...], *, with_journal: bool) -> None:
    """Listen to the rooms, with a live view; starts Redis, the model server, the services and the journal."""
    # A closed terminal must not end it where its signal is ignored (nohup, disown).
    outlive_terminal()
    console = make_console()
    mics = tuple(mic_of_room(name) for name in mics)
    # The first names are for the recordings; the other rooms listen to microphones.
    recordings = find_room_recordings(inputs, mics[: len(inputs)])
    listening = list(mics[len(inputs) :]) or ([] if inputs else [DEFAULT_MIC])
    rooms = [*(recording.mic for recording in recordings), *listening]
    if len(set(rooms)) < len(rooms):
        raise InputError(
            f"two rooms would have one name: {', '.join(map(room_of_mic, rooms))}; give each --mic another"
        )
    if not all(map(is_room, rooms)):
        raise InputError(f"{SELF_TEST_MIC} is the self-test's name; give the room another")
    stream = _stream_url(listening)
    microphones = find_microphones() if listening and not stream else []
    stop = stop_event_on_signals()
    models = folder_to_serve()
    # On a terminal only: a log needs no line before the one that says what is listened to.
    with (
        console.status("starting; Ctrl-C ends it") as starting,
        # Outside of the pipeline, so that it keeps what is heard until the last service has ended.
        JournalPage() if with_journal else nullcontext() as journal,
        LocalPipeline(_plan(models, journal)) as pipeline,
    ):
        for recording in recordings:
            pipeline.play(recording.mic, recording.path, "realtime")
        for mic in listening:
            pipeline.listen(mic, device_for(room_of_mic(mic), microphones), stream)
        if journal is not None:
            journal.start(pipeline.folder, lambda: pipeline_settings(pipeline, models))
        starting.stop()
        receivers = _receivers_words()
        RoomWatch(pipeline, rooms, receivers, console, journal).run(stop)
        # A signal that comes before this line's handlers are in place interrupts the block, and so ends everything at
        # once; one that came at the very end of the block would leave processes behind.
        with tidying_up() as hurry:
            console.print("stopping")
            pipeline.close(hurry)
            if journal is not None:
                journal.close(hurry)


def _receivers_words() -> str:
    """Return who is notified; a file of receivers that the user has named and that is not there is named."""
    rules, named = alerts_file(), os.environ.get(ALERTS_FILE_VARIABLE, "")
    is_there = Path(rules).is_file()
    notify = os.environ.get("TEARS_ALERTER_NOTIFY", "")
    return receivers_words(notify, rules if is_there else "", missing="" if is_there else named)


def _plan(models: Path, journal: JournalPage | None) -> PipelinePlan:
    page = {} if journal is None else journal.settings_of_alerter
    return PipelinePlan(models=models, environ={ALERTS_FILE_VARIABLE: alerts_file(), **page})


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
