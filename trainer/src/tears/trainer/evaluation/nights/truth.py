"""What really happened in a composed night: the content of its .truth.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tears.trainer.errors import NightError

OTHER_SOUND = "other"


@dataclass(frozen=True, slots=True)
class NightEvent:
    """One sound that was placed in the night; start and end are seconds from the start of the file."""

    start: float
    end: float  # without the reverberation that follows
    label: str  # `crying` or `other`
    category: str  # the kind of sound, e.g. `cat` or `door_knock`
    level_dbfs: float  # RMS of its louder half
    original_recording: str  # the recording that its clips were cut from
    label_suspect: int = 0  # 1 if it may have no crying although its label says so


@dataclass(frozen=True, slots=True)
class NightTruth:
    """A night: its room, its length and every sound in it, in order."""

    room: str
    sample_rate_hz: int
    duration_seconds: float
    events: tuple[NightEvent, ...]


def write_truth(truth: NightTruth, path: Path) -> None:
    """Write a night's truth as JSON."""
    path.write_text(json.dumps(asdict(truth), indent=1) + "\n")


def read_truth(path: Path) -> NightTruth:
    """Read a file of `write_truth`, or of another program that writes the same format.

    Raises:
        NightError: There is no such file, or it is not the truth of a night.
    """
    try:
        night = json.loads(path.read_text())
        return NightTruth(
            room=str(night.get("room", "")),
            sample_rate_hz=int(night.get("sample_rate_hz", 0)),
            duration_seconds=float(night["duration_seconds"]),
            events=tuple(_event(fields) for fields in night["events"]),
        )
    except OSError as error:
        raise NightError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NightError(f"{path} is not the truth of a night: {error!r}") from error


def _event(fields: Mapping[str, Any]) -> NightEvent:
    return NightEvent(
        start=float(fields["start"]),
        end=float(fields["end"]),
        label=str(fields["label"]),
        category=str(fields["category"]),
        level_dbfs=float(fields["level_dbfs"]),
        original_recording=str(fields["original_recording"]),
        label_suspect=int(fields.get("label_suspect") or 0),
    )
