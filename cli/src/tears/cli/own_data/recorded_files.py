"""Look at a parent's recordings: how long they are, when they began, and which belong together."""

import datetime as dt
import re
import shlex
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import click

from tears.cli.errors import InputError
from tears.own_data.clips.clip_names import NOHASH
from tears.own_data.clips.labelled_slices import OwnRecording
from tears.own_data.clips.left_out import left_out_words
from tears.own_data.errors import TableError
from tears.own_data.labels.label_track import Label, labels_path, parse_labels
from tears.own_data.tables import read_text
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import look_at

RECORDING_SUFFIXES = (".flac", ".wav", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
# These need the package av.
PHONE_SUFFIXES = (".m4a", ".3gp", ".amr", ".aac", ".webm")
# `tears record` names and tags its files like this.
_TIME = re.compile(r"(?<!\d)\d{8}T\d{6}Z(?![A-Za-z0-9])")
_PLACE = re.compile(r"-(?P<session>[A-Za-z0-9_]{1,64})-(?P<first>\d{12,20})-\d{12,20}\Z")
_TAG = re.compile(r"mic=(?P<mic>\S+) session=(?P<session>\S+) first_sample=(?P<first>\d+)\Z")


def find_recorded(paths: Sequence[Path], say: Callable[[str], None]) -> list[OwnRecording]:
    """Look at recordings, and at all in folders except clips; return each once, sorted by path.

    Args:
        paths: Files and folders.
        say: Gets a sentence for each folder in which there are files of other kinds.

    Raises:
        InputError: A file cannot be read, or a folder holds no recordings.
        RecordingError: This user may not read a file.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for one in _files_in(path, say) if path.is_dir() else [path]:
            found.setdefault(one.resolve(), one)
    return [read_recorded(path) for path in sorted(found.values())]


def saying_left_out(words: str) -> None:
    """Print which files are left out, beside the command's own output."""
    click.echo(words, err=True)


def read_recorded(path: Path) -> OwnRecording:
    """Look at one recording; raises as `find_recorded` does."""
    try:
        facts = look_at(path)
    except UnreadableSoundError as error:
        raise InputError(f"{path} cannot be read as a recording: it {error.reason}") from error
    if facts.is_truncated:
        raise InputError(
            f"{path} is truncated: it {facts.fault}; copy it again, or keep what is there: "
            f"sox --ignore-length {shlex.quote(path.name)} WHOLE.wav"
        )
    if facts.samples == 0:
        raise InputError(f"{path} is empty: it holds no samples; give a recording with sound in it")
    session, first_sample = _place(path.stem, facts.comment)
    return OwnRecording(
        path=path,
        rate_hz=facts.rate_hz,
        samples=facts.samples,
        begins_at_seconds=_beginning(path.stem, facts.date),
        session=session,
        first_sample=first_sample,
    )


def read_labels(recording: Path) -> tuple[Label, ...]:
    """Return the labels beside a recording; none if there is no label file.

    Raises:
        InputError: The file cannot be read.
        LabelError: The file holds something other than labels.
    """
    path = labels_path(recording)
    try:
        text = read_text(path)
    except FileNotFoundError:
        return ()
    except TableError as error:
        raise InputError(f"{error} (it should be a label track)") from error
    return parse_labels(text, str(path))


def _files_in(folder: Path, say: Callable[[str], None]) -> list[Path]:
    suffixes = RECORDING_SUFFIXES if find_spec("av") is None else (*RECORDING_SUFFIXES, *PHONE_SUFFIXES)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    found = [path for path in files if path.suffix.lower() in suffixes]
    others = sorted(set(files).difference(found))
    if not found:
        left_out = f" ({words})" if (words := left_out_words(others)) else ""
        raise InputError(
            f"{folder} holds no recordings ({', '.join(suffixes)}){left_out}; name a folder or files that do"
        )
    recordings = [path for path in found if NOHASH not in path.name]
    if not recordings:
        raise InputError(
            f"{folder} holds only clips, such as {found[0].name}; name the folder of the recordings that they were cut "
            "from"
        )
    if words := left_out_words(others):
        say(f"{folder}: {words}")
    return recordings


def _place(stem: str, comment: str) -> tuple[str, int]:
    """Return the microphone and session of a recording, and its first sample there; the tag survives a new name."""
    tagged = _TAG.match(comment or "")
    if tagged:
        return f"{tagged['mic']} {tagged['session']}", int(tagged["first"])
    named = _PLACE.search(stem)
    timed = _TIME.search(stem)
    if named and timed:
        return f"{stem[: timed.start()].rstrip('-')} {named['session']}", int(named["first"])
    return "", 0


def _beginning(stem: str, date: str) -> float | None:
    """Return when a recording began, by its tag, else by its name; None if neither says that."""
    named = _TIME.search(stem)
    for text in (date, named and named[0]):
        try:
            moment = dt.datetime.fromisoformat(text or "")
        except ValueError:
            continue
        if moment.tzinfo:
            return moment.timestamp()
    return None
