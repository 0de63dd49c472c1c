"""The names of clips: ``<recording>_nohash_<k>.wav``. Pure.

Trainers hash what stands before ``_nohash_`` to choose a clip's split, so the clips of one recording stay together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tears.own_data.errors import SliceError

NOHASH: Final = "_nohash_"
# After the number of a clip, this stands before the name of its room, where that is known.
ROOM_MARK: Final = "@"


@dataclass(frozen=True, slots=True)
class Slice:
    """A clip to cut: 5 s from `first_sample` of the recording at `place` in a list; its name begins with `group`."""

    place: int
    first_sample: int
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class NamedSlice:
    """A clip to cut and the name of its file."""

    slice: Slice
    name: str


def group_of(name: str) -> str:
    """Return the recording, or the episode of crying, that a clip is named after."""
    return name.split(NOHASH, 1)[0]


def named_slices(slices: Sequence[Slice]) -> list[NamedSlice]:
    """Give each clip its file name; the clips of a group are numbered across all labels.

    Raises:
        SliceError: A recording's name has ``_nohash_`` in it.
    """
    numbers: dict[str, int] = {}
    found = []
    for one in slices:
        if NOHASH in one.group:
            raise SliceError(f"the name {one.group} has {NOHASH} in it, as clips have; rename the recording")
        number = numbers.get(one.group, 0)
        numbers[one.group] = number + 1
        found.append(NamedSlice(one, f"{one.group}{NOHASH}{number}.wav"))
    return found
