"""What the folder of an adapted model says of its own merit: `verdict.json`."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from tears.own_data.errors import VerdictError
from tears.own_data.scoring.merit import Figure, Merit

FILE: Final = "verdict.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class HeldOutClip:
    """A clip that nobody has learnt from.

    Attributes:
        path: Absolute.
        sha256: Of the file.
        is_crying: What is to be said of it.
        recording: Of which it is a slice.
    """

    path: str
    sha256: str
    is_crying: bool
    recording: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How an adapted model and the one that it was adapted from compare.

    Attributes:
        made_at: ISO time with its zone.
        base: Folder of the model that it was adapted from.
        base_sha256: Of that one's model.tflite.
        threshold: Of the alert policy.
        old: Merit of the base.
        new: Merit of the adapted model.
        is_better: Whether the adapted one is to take the base's place.
        reason: Why.
        learnt_clips: How many it has learnt from.
        held_out: What both were measured on.
        learnt: The sha256 of each clip that it has learnt from, or that the models before it have.
        learnt_recordings: Of which those were slices: cut anew, a recording's clips have other digests.
        is_learnt_known: Whether that is all that they have learnt of the parent's clips, as far as is known.
    """

    made_at: str
    base: str
    base_sha256: str
    threshold: float
    old: Merit
    new: Merit
    is_better: bool
    reason: str
    learnt_clips: int
    held_out: tuple[HeldOutClip, ...]
    # Verdicts of before these were written down have none.
    learnt: tuple[str, ...] = ()
    learnt_recordings: tuple[str, ...] = ()
    is_learnt_known: bool = True


def write_verdict(folder: Path, verdict: Verdict) -> None:
    """Writes it into a version's folder; raises OSError."""
    content = json.dumps({"format": FORMAT, **asdict(verdict)}, indent=1)
    (folder / FILE).write_text(content + "\n", encoding="utf-8")


def read_verdict(folder: Path) -> Verdict | None:
    """Reads a version's verdict; None where it has none.

    Raises:
        VerdictError: There is a file, and it is no verdict.
    """
    path = folder / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise VerdictError(f"{path} is of another version of Tears; fine-tune again")
        return Verdict(
            **{
                **found,
                "old": _merit(found["old"]),
                "new": _merit(found["new"]),
                "held_out": tuple(HeldOutClip(**clip) for clip in found["held_out"]),
                "learnt": tuple(found.get("learnt", ())),
                "learnt_recordings": tuple(found.get("learnt_recordings", ())),
            }
        )
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise VerdictError(f"{path} is no verdict of tears-train --fine_tune: {error!r}; fine-tune again") from error


def sha256_of(path: Path) -> str:
    """A file's digest; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def figures_of(merit: Merit) -> Mapping[str, float | None]:
    """The bare figures, as a history keeps them."""
    named = {field.name: getattr(merit, field.name) for field in fields(merit)}
    return {name: value.value if isinstance(value, Figure) else value for name, value in named.items()}


def _merit(found: Mapping[str, Any]) -> Merit:
    values: dict[str, Any] = {
        name: Figure(**value) if isinstance(value, dict) else float(value) for name, value in found.items()
    }
    return Merit(**values)


def recordings_of(clips: Sequence[HeldOutClip]) -> list[str]:
    """Of which recordings they are slices, one for each clip."""
    return [clip.recording for clip in clips]
