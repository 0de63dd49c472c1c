"""The verdict on an adapted model, compared with its base: `verdict.json` in the folder of its version."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from tears.own_data.errors import VerdictError
from tears.own_data.scoring.merit import Merit, MeritFigure

VERDICT_FILE: Final = "verdict.json"
VERDICT_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class HeldOutClip:
    """A clip that neither model has learnt from: its absolute path, its digest, and what it was cut from."""

    path: str
    sha256: str
    is_crying: bool
    recording: str


@dataclass(frozen=True, kw_only=True)
class ModelVerdict:
    """The comparison of an adapted model with its base, the model that it was adapted from.

    Attributes:
        made_at: ISO time with its zone.
        base: The folder of the base.
        base_sha256: The digest of the base's model.tflite.
        threshold: The threshold of the alert policy.
        old: The merit of the base.
        new: The merit of the adapted model.
        is_better: Whether the adapted model should replace the base; `reason` says why.
        learnt_clips: The number of clips that it has learnt from.
        held_out: The clips that both were measured on.
        learnt: The sha256 of each clip that it, or a model before it, has learnt from.
        learnt_recordings: The recordings of those clips, whose digests change when they are cut again.
        is_learnt_known: Whether `learnt` is known to have all of the parent's clips that it has learnt from.
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
    # Older verdicts have none of these.
    learnt: tuple[str, ...] = ()
    learnt_recordings: tuple[str, ...] = ()
    is_learnt_known: bool = True


def write_verdict(folder: Path, verdict: ModelVerdict) -> None:
    """Write a verdict into a version's folder; raises OSError."""
    content = json.dumps({"format": VERDICT_FORMAT, **asdict(verdict)}, indent=1)
    (folder / VERDICT_FILE).write_text(content + "\n", encoding="utf-8")


def read_verdict(folder: Path) -> ModelVerdict | None:
    """Read a version's verdict; None if it has none.

    Raises:
        VerdictError: There is a file, and it is not a verdict.
    """
    path = folder / VERDICT_FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != VERDICT_FORMAT:
            raise VerdictError(f"{path} is of another version of Tears; fine-tune again")
        return ModelVerdict(
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
        raise VerdictError(f"{path} is not a verdict of tears-train --fine_tune: {error!r}; fine-tune again") from error


def figures_of(merit: Merit) -> Mapping[str, float | None]:
    """Return the figures by name without their intervals, as a history keeps them."""
    named = {field.name: getattr(merit, field.name) for field in fields(merit)}
    return {name: value.value if isinstance(value, MeritFigure) else value for name, value in named.items()}


def _merit(found: Mapping[str, Any]) -> Merit:
    values: dict[str, Any] = {
        name: MeritFigure(**value) if isinstance(value, dict) else float(value) for name, value in found.items()
    }
    return Merit(**values)
