"""Labelled recordings of a night, without sound."""

from pathlib import Path

from tears.own_data.clips.labelled_slices import OwnRecording
from tears.own_data.labels.label_track import Label

NIGHT_FILE_RATE_HZ = 16_000


def recorded(stem: str, seconds: float, *labels: Label, session: str = "", begin_seconds: float = 0.0) -> OwnRecording:
    """Return a recording; `begin_seconds` is where it begins in its session."""
    return OwnRecording(
        path=Path(f"{stem}.flac"),
        rate_hz=NIGHT_FILE_RATE_HZ,
        samples=round(seconds * NIGHT_FILE_RATE_HZ),
        labels=labels,
        session=session,
        first_sample=round(begin_seconds * NIGHT_FILE_RATE_HZ),
    )


def recorded_night(*labels: tuple[int, Label], files: int = 8) -> list[OwnRecording]:
    """Return files of 30 s that follow each other; each label comes with the number of its file."""
    return [
        recorded(f"night-{k}", 30, *(label for at, label in labels if at == k), session="a", begin_seconds=30 * k)
        for k in range(files)
    ]
