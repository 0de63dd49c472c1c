"""`tears record`: the sound of the microphones into files, for training; beside the pipeline, which it never slows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tears.cli.errors import InputError
from tears.cli.house.stop_signals import stop_on_signals
from tears.journal.recordings.chunk_feed import ChunkFeed
from tears.journal.recordings.disk import cure
from tears.journal.recordings.file_names import is_folder_name
from tears.journal.recordings.folder import Found, RecordingFolder
from tears.journal.recordings.loop import Tap
from tears.journal.recordings.reports import count, say, size
from tears.journal.recordings.retention import Limits
from tears.kit.clock import SystemClock
from tears.kit.errors import SettingsError
from tears.kit.redis_client import connect, describe


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """What was asked for.

    Attributes:
        out: folder of the recordings.
        mics: whose; none: all that are registered.
        redis_url: where the streams are.
        segment_seconds: length of a file.
        limits: what is kept.
        leave_bytes: what stays free on the disk.
    """

    out: Path
    mics: Sequence[str]
    redis_url: str
    segment_seconds: float
    limits: Limits
    leave_bytes: int


def record(options: RecordOptions, console: Console) -> None:
    """Records until Ctrl-C.

    Raises:
        InputError: the folder, a name or the URL cannot be used.
        FolderTakenError: another one writes there.
        UnwrittenError: the disk did not take all before the end.
    """
    stop = stop_on_signals()
    for mic in options.mics:
        if not is_folder_name(mic):
            raise InputError(f"{mic!r} is no name of a microphone: letters, digits, _ - and . only, and no . in front")
    try:
        client = connect(options.redis_url)
    except SettingsError as error:
        raise InputError(f"--redis, or {error}") from error
    clock = SystemClock()
    with client, RecordingFolder(options.out, options.limits, options.leave_bytes, clock) as folder:
        try:
            found = folder.take_stock()
        except OSError as error:
            raise InputError(f"cannot read {options.out}: {cure(error)}") from error
        _say_found(found, options, console)
        Tap(
            feed=ChunkFeed(client, options.mics, clock),
            folder=folder,
            reached=found.reached,
            segment_seconds=options.segment_seconds,
            redis_at=describe(options.redis_url),
            console=console,
            clock=clock,
            stop=stop,
        ).run()


def _say_found(found: Found, options: RecordOptions, console: Console) -> None:
    if found.parts_removed:
        say(console, f"removed {count(found.parts_removed, 'half-written file')} of an earlier run")
    if found.files:
        say(console, f"{options.out} holds {count(found.files, 'recording')}, {size(found.size_bytes)}")
    whose = ", ".join(options.mics) or "every microphone"
    say(console, f"recording {whose} into {options.out}, from what Redis still holds on; Ctrl-C ends it")
