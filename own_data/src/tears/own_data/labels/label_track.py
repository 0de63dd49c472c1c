"""The label file beside a recording: an Audacity label track of what a parent heard. Pure.

``<recording>.labels.txt`` has one label a line, ``begin<TAB>end<TAB>label``, in seconds from the recording's start.
Audacity imports and exports this plain text, so labels can be seen and moved under the waveform.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tears.own_data.errors import LabelError
from tears.own_data.labels.label_names import check_name

LABELS_SUFFIX: Final = ".labels.txt"
# Half a sample at 48 kHz is 10 us; Audacity writes microseconds.
_TOUCHING_SECONDS: Final = 2e-6


@dataclass(frozen=True, order=True, slots=True)
class Label:
    """A label for [begin, end) of a recording, in seconds from its start."""

    begin_seconds: float
    end_seconds: float
    name: str

    def __str__(self) -> str:
        """Return the label for messages: ``crying 1:30.0-2:10.0``."""
        return f"{self.name} {_minutes(self.begin_seconds)}-{_minutes(self.end_seconds)}"


def labels_path(recording: Path) -> Path:
    """Return where a recording's labels are: ``night.flac`` has ``night.flac.labels.txt``."""
    return recording.with_name(recording.name + LABELS_SUFFIX)


def parse_labels(text: str, where: str) -> tuple[Label, ...]:
    """Read a label track; return its labels in the order of time.

    Args:
        text: The content of the file.
        where: The name of the file, for messages.

    Raises:
        LabelError: A line is not a label, or two labels overlap.
    """
    labels = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        # Audacity writes the frequencies of a selection on a line of their own, after a backslash.
        if line.strip() and not line.startswith("\\"):
            labels.append(_parse_line(line, f"{where}, line {number}"))
    labels.sort()
    for first, second in itertools.pairwise(labels):
        if second.begin_seconds < first.end_seconds - _TOUCHING_SECONDS:
            raise LabelError(_overlap_words(first, second, where))
    return tuple(labels)


def format_labels(labels: Iterable[Label]) -> str:
    """Return the content of a label track, with microseconds as Audacity writes them."""
    return "".join(f"{one.begin_seconds:.6f}\t{one.end_seconds:.6f}\t{one.name}\n" for one in sorted(labels))


def with_label(labels: Sequence[Label], new: Label, where: str, *, replacing: bool) -> tuple[Label, ...]:
    """Add a label to those of a recording; return all in the order of time.

    Args:
        labels: The older labels.
        new: The label to add.
        where: The name of the label file, for messages.
        replacing: Cut older labels where they overlap with the new one.

    Raises:
        LabelError: The new label overlaps with an older one, and `replacing` is false.
    """
    kept: list[Label] = []
    for old in labels:
        if not _do_overlap(old, new):
            kept.append(old)
            continue
        if not replacing:
            raise LabelError(f"{_overlap_words(old, new, where)}, or --replace the older one where they overlap")
        before, after = replace(old, end_seconds=new.begin_seconds), replace(old, begin_seconds=new.end_seconds)
        kept += [part for part in (before, after) if part.end_seconds - part.begin_seconds > _TOUCHING_SECONDS]
    return tuple(sorted([*kept, new]))


def _do_overlap(one: Label, other: Label) -> bool:
    begin = max(one.begin_seconds, other.begin_seconds)
    return begin < min(one.end_seconds, other.end_seconds) - _TOUCHING_SECONDS


def _overlap_words(first: Label, second: Label, where: str) -> str:
    if first.name == second.name:
        return f"{where}: {first} and {second} overlap; merge them, or move their borders apart"
    return f"{where}: {first} and {second} contradict each other; remove one, or move the border between them"


def _parse_line(line: str, where: str) -> Label:
    parts = line.split("\t", 2)
    if len(parts) < 3 or not parts[2].strip():  # noqa: PLR2004 - begin, end, label
        raise LabelError(f"{where}: {line!r} is not a label; write begin, end (seconds) and label, with tabs between")
    try:
        # Audacity writes the decimal comma of some languages.
        begin, end = (float(part.strip().replace(",", ".")) for part in parts[:2])
    except ValueError:
        raise LabelError(f"{where}: {parts[0]!r} and {parts[1]!r} must be numbers of seconds") from None
    if not (math.isfinite(begin) and math.isfinite(end) and 0 <= begin < end):
        raise LabelError(
            f"{where}: {begin:g} to {end:g} s is not a part of a recording; the end must be after the begin"
        )
    name = parts[2].strip()
    try:
        check_name(name)
    except LabelError as error:
        raise LabelError(f"{where}: {error}") from None
    return Label(begin, end, name)


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"
