"""Find the parts of recordings that the times of `tears label` mean."""

import datetime as dt
import zoneinfo
from collections.abc import Sequence
from typing import TypeAlias

from tears.cli.errors import InputError
from tears.cli.options import minutes_and_seconds
from tears.own_data.clips.labelled_slices import OwnRecording
from tears.own_data.labels.label_times import (
    SECONDS_OF_DAY,
    ClockTime,
    OffsetTime,
    Span,
    local_time,
    night_span,
    parse_time,
    seconds_apart,
)

# The clocks of the recorder and of the parent do not agree better than this.
_MISSING_SECONDS = 1.0
# A shorter part comes from rounding at the border between two files.
_LEAST_SECONDS = 0.01


# The parts of recordings that get a label.
LabelSpans: TypeAlias = list[tuple[OwnRecording, Span]]


def find_label_spans(
    recordings: Sequence[OwnRecording],
    begin_text: str | None,
    end_text: str | None,
    *,
    on: dt.date | None,
    timezone: str | None,
    starts: str | None,
) -> tuple[LabelSpans, str]:
    """Return what is to be labelled, and the same in words.

    Args:
        recordings: The recordings that may be labelled.
        begin_text: A time of the clock, or since the recording's start; None for the start.
        end_text: The same for the end.
        on: The day of the begin; None for the only day that was recorded.
        timezone: The zone of the times; None for this machine's.
        starts: When the recording began, if the file does not say.

    Raises:
        InputError: The options contradict each other, or the times lie in no recording.
        MomentError: A time cannot be read, or nothing, or more than one night, was recorded then.
    """
    if (begin_text is None) != (end_text is None):
        raise InputError("give both --from and --to; without either, the recordings are labelled from start to end")
    begin, end = (None if text is None else parse_time(text) for text in (begin_text, end_text))
    if isinstance(begin, ClockTime) and isinstance(end, ClockTime):
        if not starts:
            return _by_clock(recordings, begin, end, on, timezone)
        if on or timezone:
            raise InputError("--starts is a time of the same clock as --from and --to: leave --on and --timezone out")
        return _by_start(recordings, begin, end, starts)
    if isinstance(begin, ClockTime) or isinstance(end, ClockTime):
        raise InputError(
            "give --from and --to in the same form: both by the clock (02:13), or both since the start (+1:30)"
        )
    if on is not None or timezone is not None or starts is not None:
        raise InputError("--on, --timezone and --starts go with times of the clock: give --from and --to, as 02:13")
    if begin is None or end is None:
        return [(one, Span(0.0, one.seconds)) for one in recordings], "from start to end"
    return _by_offset(recordings, begin, end)


def minutes(seconds: float) -> str:
    """Return `1:10 min` for 70 s."""
    return f"{minutes_and_seconds(round(seconds))} min"


def _by_offset(recordings: Sequence[OwnRecording], begin: OffsetTime, end: OffsetTime) -> tuple[LabelSpans, str]:
    one = _only(recordings, "times since the start belong to one recording; times of the clock may mean many")
    span = Span(begin.seconds, end.seconds).within(Span(0.0, one.seconds))
    if span is None or end.seconds <= begin.seconds:
        raise InputError(
            f"{one.path} has {minutes(one.seconds)}: from +{begin.seconds:g} to +{end.seconds:g} s there is nothing"
        )
    return [(one, span)], f"from {minutes(span.begin_seconds)} to {minutes(span.end_seconds)}"


def _by_start(
    recordings: Sequence[OwnRecording], begin: ClockTime, end: ClockTime, starts: str
) -> tuple[LabelSpans, str]:
    one = _only(recordings, "--starts says when one recording began")
    start = parse_time(starts)
    if not isinstance(start, ClockTime):
        raise InputError("--starts takes a time of the clock, as 22:05")
    after = (begin.seconds - start.seconds) % SECONDS_OF_DAY
    # A label may begin before the recording did.
    if after >= one.seconds:
        after -= SECONDS_OF_DAY
    span = Span(after, after + seconds_apart(begin, end)).within(Span(0.0, one.seconds))
    if span is None:
        raise InputError(f"{one.path} lasts {minutes(one.seconds)} from {start}: {begin} to {end} is not in it")
    return [(one, span)], f"from {begin} to {end}"


def _by_clock(
    recordings: Sequence[OwnRecording], begin: ClockTime, end: ClockTime, on: dt.date | None, timezone: str | None
) -> tuple[LabelSpans, str]:
    try:
        zone = None if timezone is None else zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"--timezone {timezone!r} is not known; write it as Europe/Berlin or UTC") from error
    begun: list[tuple[OwnRecording, Span]] = []
    for one in recordings:
        if one.begins_at_seconds is None:
            raise InputError(
                f"{one.path} does not say when it began, as the files of ./tears record do: give --starts 22:05, "
                "or times since its start, as --from +1:30"
            )
        begun.append((one, Span(one.begins_at_seconds, one.begins_at_seconds + one.seconds)))
    meant = night_span(begin, end, [span for _, span in begun], zone, on)
    found = []
    for one, span in begun:
        common = meant.within(span)
        if common and common.seconds >= _LEAST_SECONDS:
            within = Span(common.begin_seconds - span.begin_seconds, common.end_seconds - span.begin_seconds)
            found.append((one, within))
    _require_one_room([one for one, _ in found])
    first, last = local_time(meant.begin_seconds, zone), local_time(meant.end_seconds, zone)
    when = f"on {first:%Y-%m-%d} from {first:%H:%M:%S} to {last:%H:%M:%S} {last:%Z}"
    missing = meant.seconds - sum(span.seconds for _, span in found)
    return found, f"{when} ({minutes(missing)} not recorded)" if missing > _MISSING_SECONDS else when


def _require_one_room(recordings: Sequence[OwnRecording]) -> None:
    rooms = sorted({one.session.rpartition(" ")[0] for one in recordings if one.session})
    if len(rooms) > 1:
        folders = sorted({str(one.path.parent) for one in recordings})
        where = f": {', '.join(folders)}" if len(folders) > 1 else ", or its files"
        raise InputError(
            f"{' and '.join(rooms)} were recorded then, and a label says what is heard in one room; give the folder of "
            f"that one{where}"
        )


def _only(recordings: Sequence[OwnRecording], why: str) -> OwnRecording:
    if len(recordings) != 1:
        raise InputError(f"{why}: give one recording, not {len(recordings)}")
    return recordings[0]
