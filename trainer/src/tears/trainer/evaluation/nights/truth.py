"""What really happened in a night, as it stands in its .truth.json."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tears.trainer.evaluation.nights.errors import NightError

CRYING = "crying"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """One sound that was laid into the night.

    Attributes:
        start: Seconds from the start of the file.
        end: Likewise, without the reverberation that follows.
        label: `crying` or `other`.
        category: What it is: `cat`, `door_knock` ..
        level_dbfs: RMS of its louder half.
        original_recording: Where its clips were cut from.
        label_suspect: 1 if there may be no crying in it whatever its label says.
    """

    start: float
    end: float
    label: str
    category: str
    level_dbfs: float
    original_recording: str
    label_suspect: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """A night: its room, its length and everything that sounded, in order."""

    room: str
    sample_rate_hz: int
    duration_seconds: float
    events: tuple[Event, ...]


def write_truth(truth: Truth, path: Path) -> None:
    """Writes `truth` as JSON."""
    path.write_text(json.dumps(asdict(truth), indent=1) + "\n")


def read_truth(path: Path) -> Truth:
    """Reads what `write_truth` wrote, or another composer of the same format.

    Raises:
        NightError: There is no such file, or it is no truth of a night.
    """
    try:
        night = json.loads(path.read_text())
        return Truth(
            room=str(night.get("room", "")),
            sample_rate_hz=int(night.get("sample_rate_hz", 0)),
            duration_seconds=float(night["duration_seconds"]),
            events=tuple(_event(fields) for fields in night["events"]),
        )
    except OSError as error:
        raise NightError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NightError(f"{path} is no truth of a night: {error!r}") from error


def _event(fields: Mapping[str, Any]) -> Event:
    return Event(
        start=float(fields["start"]),
        end=float(fields["end"]),
        label=str(fields["label"]),
        category=str(fields["category"]),
        level_dbfs=float(fields["level_dbfs"]),
        original_recording=str(fields["original_recording"]),
        label_suspect=int(fields.get("label_suspect") or 0),
    )
