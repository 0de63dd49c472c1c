"""`tears record`: run the journal until Ctrl-C, and show what it does."""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tears.cli.console import make_console
from tears.cli.errors import CliError, InputError
from tears.cli.pipeline.child_process import inherited_environment
from tears.cli.pipeline.stop_signals import stop_event_on_signals
from tears.cli.places.usual_redis import USUAL_REDIS_URL, usual_redis_option
from tears.cli.recording.journal_process import JournalEvent, JournalProcess
from tears.cli.recording.pipeline_search import is_running, wait_for_pipeline
from tears.cli.recording.progress import MicProgress, parse_progress, progress_table
from tears.kit.registry.mic_names import is_folder_name, is_room, mic_of_room, room_of_mic
from tears.kit.terminal.output import outlive_terminal

# How soon Ctrl-C and an event are noticed, and how often the table is drawn.
_POLL_SECONDS = 0.1
_REFRESH_SECONDS = 0.5
_UNAVAILABLE = 503

# The journal's messages name its settings; a user of this command has set them with these flags.
_FLAGS = {
    "TEARS_JOURNAL_FOLDER": "--out",
    "TEARS_JOURNAL_ROOMS": "--mic",
    "TEARS_JOURNAL_SEGMENT_SECONDS": "--seconds",
    "TEARS_JOURNAL_KEEP_DAYS": "--keep-days",
    "TEARS_JOURNAL_KEEP_GIB": "--keep-gib",
    "TEARS_JOURNAL_LEAVE_GIB": "--leave-gib",
    "TEARS_REDIS_URL": "--redis (or TEARS_REDIS_URL)",
}


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """The options of the command, as its help describes them; None keeps everything, no URL looks for a pipeline."""

    out: Path
    mics: Sequence[str]
    redis_url: str
    usual_url: str = USUAL_REDIS_URL
    segment_seconds: int
    keep_days: float | None
    keep_gib: float | None
    leave_gib: float

    def journal_environment(self) -> dict[str, str]:
        """Return the environment of the journal: our own, with these options and no other settings of the journal."""
        inherited = inherited_environment().items()
        return {name: value for name, value in inherited if not name.startswith("TEARS_JOURNAL_")} | {
            "TEARS_REDIS_URL": self.redis_url,
            "TEARS_JOURNAL_FOLDER": str(self.out),
            "TEARS_JOURNAL_ROOMS": " ".join(self.mics),
            "TEARS_JOURNAL_SEGMENT_SECONDS": str(self.segment_seconds),
            "TEARS_JOURNAL_KEEP_DAYS": "inf" if self.keep_days is None else repr(self.keep_days),
            "TEARS_JOURNAL_KEEP_GIB": "inf" if self.keep_gib is None else repr(self.keep_gib),
            "TEARS_JOURNAL_LEAVE_GIB": repr(self.leave_gib),
        }


@click.command("record")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write the recordings to.",
)
@click.option(
    "--mic", "mics", multiple=True, help="Record only this room; may be given more than once.  [default: all rooms]"
)
@click.option(
    "--redis",
    "redis_url",
    envvar="TEARS_REDIS_URL",
    default="",
    help="URL of the pipeline's Redis.  [default: TEARS_REDIS_URL, else that of the `./tears up` on this machine]",
)
@usual_redis_option
@click.option(
    "--seconds",
    "segment_seconds",
    type=click.IntRange(1, 300),
    default=30,
    show_default=True,
    help="How many seconds of sound a file holds.",
)
@click.option(
    "--keep-days", type=click.FloatRange(0, min_open=True), help="Delete recordings that are older than this many days."
)
@click.option(
    "--keep-gib",
    type=click.FloatRange(0, min_open=True),
    help="Delete the oldest recordings when all of them together have more than this many GiB.",
)
@click.option(
    "--leave-gib",
    type=click.FloatRange(0),
    default=0.5,
    show_default=True,
    help="Leave this many GiB of the disk free.",
)
def command(**options: Any) -> None:
    """Record what the microphones hear, for training, beside a pipeline that listens."""
    # A closed terminal must not end it where its signal is ignored (nohup, disown).
    outlive_terminal()
    options["mics"] = tuple(map(mic_of_room, options["mics"]))
    record(RecordOptions(**options), make_console())


def record(options: RecordOptions, console: Console) -> None:
    """Record until Ctrl-C; then wait until the journal has written what it has in memory.

    If no Redis was named, it waits for a pipeline on this machine, and for the next one when that has ended.

    Raises:
        InputError: A name cannot be recorded, or several pipelines run.
        CliError: The journal ended with an error.
    """
    stop = stop_event_on_signals()
    for mic in options.mics:
        if not is_folder_name(mic):
            raise InputError(
                f"{room_of_mic(mic)!r} cannot be recorded: the name of a room is not empty, is not very long and "
                "does not begin with a dot"
            )
        if not is_room(mic):
            raise InputError(f"{mic} is the self-test's name, and no room's")
    if options.redis_url:
        _record_one(options, console, stop, lambda: True)
        return
    while (url := wait_for_pipeline(stop, console, options.usual_url)) is not None:
        is_there = partial(is_running, url, options.usual_url)
        _record_one(dataclasses.replace(options, redis_url=url), console, stop, is_there)


def _record_one(
    options: RecordOptions, console: Console, stop: threading.Event, is_pipeline_there: Callable[[], bool]
) -> None:
    """Record one pipeline until Ctrl-C, or until the pipeline has ended."""
    with (
        JournalProcess(options.journal_environment()) as journal,
        Live(console=console, refresh_per_second=1 / _REFRESH_SECONDS, transient=True) as live,
    ):
        refresh_at_seconds = time.monotonic()
        with contextlib.suppress(EOFError):
            while True:
                if stop.is_set() or not is_pipeline_there():
                    journal.ask_to_stop()
                if event := journal.next_event(_POLL_SECONDS):
                    _print_event(event, console)
                if console.is_terminal and time.monotonic() >= refresh_at_seconds:
                    _refresh(live, journal)
                    refresh_at_seconds = time.monotonic() + _REFRESH_SECONDS
        if status := journal.wait():
            raise CliError(_with_flags(journal.error_lines()) or f"the journal ended with status {status}")


def _print_event(event: JournalEvent, console: Console) -> None:
    message = event.message
    if report := event.fields.get("report"):
        known = {field.name for field in dataclasses.fields(MicProgress)}
        mic = MicProgress(**{name: value for name, value in report.items() if name in known})
        message = f"{room_of_mic(event.fields['mic'])}: {mic.words()}"
    elif event.fields.get("is_recording"):
        message += "; Ctrl-C ends it"
    # Our output may go to the disk that is full; recording continues all the same.
    with contextlib.suppress(OSError):
        console.print(Text(_with_flags(message), "yellow" if event.is_warning else ""), soft_wrap=True)


def _refresh(live: Live, journal: JournalProcess) -> None:
    with contextlib.suppress(OSError):
        _, metrics = journal.ask("/metrics")
        status, faults = journal.ask("/readyz")
        live.update(progress_table(parse_progress(metrics), [_with_flags(faults.strip())] * (status == _UNAVAILABLE)))


def _with_flags(message: str) -> str:
    for variable, flag in _FLAGS.items():
        message = message.replace(variable, flag)
    return message
