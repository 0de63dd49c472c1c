"""Which device a name means. Pure.

Numbers such as `hw:1,0` change with the order in which devices are plugged in or found at boot; names do not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tears.recorder.errors import DeviceAbsentError

DEFAULT = "default"

_NUMBERS = re.compile(r"\s*\((?:plug)?hw:\d+(?:,\d+)*\)\s*$")


@dataclass(frozen=True)
class DeviceChoice:
    """What to capture: the one device that `device` means. `sample_rate_hz` None: the device's own."""

    device: str
    sample_rate_hz: int | None
    channels: int


def lasting_name(name: str) -> str:
    """Without the numbers at its end: `USB Audio (hw:1,0)` is `USB Audio`."""
    return _NUMBERS.sub("", name).strip() or name


def choose_device(wanted: str, names: Sequence[str], default: int | None) -> int:
    """The position of the one device that is meant.

    Args:
        wanted: a name, a part of one (upper or lower case alike), or `default`.
        names: lasting names of the devices that can capture.
        default: position of the system's own choice, if it has one.

    Raises:
        DeviceAbsentError: none is meant, or more than one; the message lists what there is.
    """
    if wanted.casefold() == DEFAULT and default is not None:
        return default
    folded = [name.casefold() for name in names]
    exact = [at for at, name in enumerate(folded) if name == wanted.casefold()]
    found = exact or [at for at, name in enumerate(folded) if wanted.casefold() in name]
    if len(found) == 1:
        return found[0]
    there_is = "; ".join(names) or "none at all"
    if not found and wanted.casefold() == DEFAULT:
        raise DeviceAbsentError(f"this machine has no default microphone; microphones found: {there_is}")
    if not found:
        raise DeviceAbsentError(f"no microphone is called {wanted!r}; microphones found: {there_is}")
    matching = [names[at] for at in found]
    if len(set(matching)) == 1:
        raise DeviceAbsentError(
            f"{len(found)} microphones are called {matching[0]!r} and cannot be told apart; give their sound cards "
            "names of their own (a udev rule that sets ATTR{id}), or unplug one"
        )
    raise DeviceAbsentError(f"{wanted!r} may mean any of: {'; '.join(matching)}; give more of the name")


def doubt(wanted: str, cards: Sequence[str]) -> str:
    """What to say where `default` was taken although there is a choice; empty where it was named, or there is none.

    Args:
        wanted: as for `choose_device`.
        cards: lasting names of the sound cards that can capture, without what only leads to one of them.
    """
    if wanted.casefold() != DEFAULT or len(cards) < 2:  # noqa: PLR2004 - a choice
        return ""
    return f"there are {len(cards)} microphones: {'; '.join(cards)}; say which one is meant with TEARS_RECORDER_DEVICE"
