"""`tears label`: writes down, beside recordings, what a parent heard and when."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tears.cli.errors import InputError
from tears.cli.own_data.drafts import Drafts
from tears.cli.own_data.recorded_files import RecordedFile, find_recorded, read_labels
from tears.own_data.errors import LabelError, MomentError
from tears.own_data.labels.label_names import check_name
from tears.own_data.labels.label_times import (
    DAY_SECONDS,
    ClockTime,
    Offset,
    Span,
    local_time,
    night_span,
    parse_moment,
    seconds_apart,
)
from tears.own_data.labels.labels_file import Label, format_labels, labels_path, with_label

# The clocks of the recorder and of the parent agree no better.
_MISSING_SECONDS = 1.0
# Less than this is the rounding of a border between two files.
_LEAST_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """What was asked for.

    Attributes:
        begin: a time of the clock, or since the recording's start; None: the start.
        end: likewise; None: the end.
        on: the day of `begin`; None: the only one that was recorded.
        timezone: whose clocks; None: this machine's.
        starts: when the recording began, where the file does not tell.
        replace: what was said of the same moments gives way.
    """

    begin: str | None
    end: str | None
    on: dt.date | None
    timezone: str | None
    starts: str | None
    replace: bool


@dataclass(frozen=True)
class _Stretch:
    """What of one recording is labelled."""

    recording: RecordedFile
    span: Span


def label(paths: Sequence[Path], name: str, options: LabelOptions, console: Console) -> None:
    """Writes the label into the label files of the recordings that it touches.

    Raises:
        InputError: a time, a label or a recording cannot be used; nothing was written.
    """
    try:
        check_name(name)
        recordings = find_recorded(paths)
        stretches, when = _stretches(recordings, options)
        files = {
            labels_path(one.recording.path): with_label(
                read_labels(one.recording.path),
                Label(one.span.begin_seconds, one.span.end_seconds, name),
                str(labels_path(one.recording.path)),
                replacing=options.replace,
            )
            for one in stretches
        }
    except (LabelError, MomentError) as error:
        raise InputError(str(error)) from error
    with Drafts() as drafts:
        for path, labels in files.items():
            drafts.add(path, format_labels(labels).encode())
    length = _length(sum(one.span.end_seconds - one.span.begin_seconds for one in stretches))
    console.print(f"{name} {when}: {length} in {_count(len(files))}", highlight=False, markup=False)


def _stretches(recordings: Sequence[RecordedFile], options: LabelOptions) -> tuple[list[_Stretch], str]:
    if (options.begin is None) != (options.end is None):
        raise InputError("give both --from and --to; without either, the recordings are labelled from end to end")
    if options.begin is None or options.end is None:
        _refuse_clock(options)
        return [_Stretch(one, Span(0.0, one.seconds)) for one in recordings], "from start to end"
    begin, end = parse_moment(options.begin), parse_moment(options.end)
    if isinstance(begin, Offset) and isinstance(end, Offset):
        _refuse_clock(options)
        return _by_offset(recordings, begin, end)
    if isinstance(begin, ClockTime) and isinstance(end, ClockTime):
        if options.starts and (options.on or options.timezone):
            raise InputError("--starts is by the clock that --from and --to are by: leave --on and --timezone out")
        return (
            _by_start(recordings, begin, end, options.starts)
            if options.starts
            else _by_clock(recordings, begin, end, options)
        )
    raise InputError("give --from and --to alike: both by the clock (02:13), or both since the start (+1:30)")


def _refuse_clock(options: LabelOptions) -> None:
    """Refuses what says which clock, or which night, where no time of the clock was given."""
    if any(value is not None for value in (options.on, options.timezone, options.starts)):
        raise InputError("--on, --timezone and --starts go with times of the clock: give --from and --to, as 02:13")


def _by_offset(recordings: Sequence[RecordedFile], begin: Offset, end: Offset) -> tuple[list[_Stretch], str]:
    one = _only(recordings, "times since the start mean one recording; times of the clock may mean many")
    span = Span(begin.seconds, end.seconds).within(Span(0.0, one.seconds))
    if span is None or end.seconds <= begin.seconds:
        raise InputError(
            f"{one.path} has {_length(one.seconds)}: from +{begin.seconds:g} to +{end.seconds:g} s there is nothing"
        )
    return [_Stretch(one, span)], f"from {_length(span.begin_seconds)} to {_length(span.end_seconds)}"


def _by_start(
    recordings: Sequence[RecordedFile], begin: ClockTime, end: ClockTime, starts: str
) -> tuple[list[_Stretch], str]:
    one = _only(recordings, "--starts says when one recording began")
    start = parse_moment(starts)
    if not isinstance(start, ClockTime):
        raise InputError("--starts takes a time of the clock, as 22:05")
    after = (begin.seconds - start.seconds) % DAY_SECONDS
    # A label may begin before the recording did.
    if after >= one.seconds:
        after -= DAY_SECONDS
    span = Span(after, after + seconds_apart(begin, end)).within(Span(0.0, one.seconds))
    if span is None:
        raise InputError(f"{one.path} goes on for {_length(one.seconds)} from {start}: {begin} to {end} is not in it")
    return [_Stretch(one, span)], f"from {begin} to {end}"


def _by_clock(
    recordings: Sequence[RecordedFile], begin: ClockTime, end: ClockTime, options: LabelOptions
) -> tuple[list[_Stretch], str]:
    zone = _zone(options.timezone)
    begun: list[tuple[RecordedFile, Span]] = []
    for one in recordings:
        if one.begins_at_seconds is None:
            raise InputError(
                f"{one.path} does not tell when it began, as the files of tears record do: say it with --starts 22:05, "
                "or give times since its start, as --from +1:30"
            )
        begun.append((one, Span(one.begins_at_seconds, one.begins_at_seconds + one.seconds)))
    meant = night_span(begin, end, [span for _, span in begun], zone, options.on)
    stretches = []
    for one, span in begun:
        common = meant.within(span)
        if common and common.end_seconds - common.begin_seconds >= _LEAST_SECONDS:
            within = Span(common.begin_seconds - span.begin_seconds, common.end_seconds - span.begin_seconds)
            stretches.append(_Stretch(one, within))
    rooms = sorted({one.recording.session.rpartition(" ")[0] for one in stretches if one.recording.session})
    if len(rooms) > 1:
        folders = sorted({str(one.recording.path.parent) for one in stretches})
        where = f": {', '.join(folders)}" if len(folders) > 1 else ", or its files"
        raise InputError(
            f"{' and '.join(rooms)} were recorded then, and a label says what is heard in one room; give the folder of "
            f"that one{where}"
        )
    first, last = local_time(meant.begin_seconds, zone), local_time(meant.end_seconds, zone)
    when = f"on {first:%Y-%m-%d} from {first:%H:%M:%S} to {last:%H:%M:%S} {last:%Z}"
    heard = sum(one.span.end_seconds - one.span.begin_seconds for one in stretches)
    missing = meant.end_seconds - meant.begin_seconds - heard
    return stretches, f"{when} ({_length(missing)} not recorded)" if missing > _MISSING_SECONDS else when


def _only(recordings: Sequence[RecordedFile], why: str) -> RecordedFile:
    if len(recordings) != 1:
        raise InputError(f"{why}: give one recording, not {len(recordings)}")
    return recordings[0]


def _zone(name: str | None) -> dt.tzinfo | None:
    if name is None:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"--timezone {name!r} is none that is known; write it as Europe/Berlin or UTC") from error


def _length(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d} min"


def _count(files: int) -> str:
    return "1 recording" if files == 1 else f"{files} recordings"
