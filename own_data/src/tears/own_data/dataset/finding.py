"""A finding in a folder of clips, and the split that the trainer will make of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from tears.own_data.clips.clip_facts import ClipFacts
from tears.own_data.clips.splits import Split, which_split

FINDING_KINDS: Final = (
    "label", "empty", "wav", "truncated", "rate", "channels", "format", "length", "silence", "clipping", "duplicate",
    "leakage", "split", "balance", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or may be wrong.

    Attributes:
        kind: One of `FINDING_KINDS`.
        message: What is wrong, and the cure.
        clips: Names of the files, relative to the folder.
        is_fault: Whether it makes the folder unfit for training.
    """

    kind: str
    message: str
    clips: tuple[str, ...] = ()
    is_fault: bool = True

    def allowed(self) -> "Finding":
        """Return the finding as one that the user allows, so that it is not a fault."""
        return replace(self, is_fault=False)


@dataclass(frozen=True, kw_only=True)
class SplitShares:
    """The shares of the clips that the trainer will use for validation and for testing; the rest is for training."""

    validation_percentage: float = 10.0
    testing_percentage: float = 10.0

    def split_of(self, facts: ClipFacts) -> Split:
        """Return the split of a clip."""
        return which_split(facts.path, self.validation_percentage, self.testing_percentage)


def counted(things: Sequence[object], noun: str) -> str:
    """Return `1 clip` or `3 clips`."""
    return f"1 {noun}" if len(things) == 1 else f"{len(things)} {noun}s"
