"""Decide which device a name means. Pure.

Numbers such as `hw:1,0` change with the order in which devices are plugged in or found at boot; names do not.
"""

import re
from collections.abc import Sequence

from tears.recorder.errors import DeviceAbsentError

DEFAULT_DEVICE = "default"

_ALSA_NUMBERS = re.compile(r"\s*\((?:plug)?hw:\d+(?:,\d+)*\)\s*$")


def lasting_name(name: str) -> str:
    """Return the name without the numbers at its end: `USB Audio` for `USB Audio (hw:1,0)`."""
    return _ALSA_NUMBERS.sub("", name).strip() or name


def choose_device(wanted: str, names: Sequence[str], default: int | None) -> int:
    """Return the position of the one device that `wanted` means.

    Args:
        wanted: A name, a part of one (in upper or lower case), or `default`.
        names: Lasting names of the devices that can capture.
        default: Position of the system's default device, if it has one.

    Raises:
        DeviceAbsentError: It means no device, or more than one; the message lists all devices.
    """
    if wanted.casefold() == DEFAULT_DEVICE and default is not None:
        return default
    folded = [name.casefold() for name in names]
    exact = [at for at, name in enumerate(folded) if name == wanted.casefold()]
    found = exact or [at for at, name in enumerate(folded) if wanted.casefold() in name]
    if len(found) == 1:
        return found[0]
    there_is = "; ".join(names) or "none at all"
    if not found and wanted.casefold() == DEFAULT_DEVICE:
        raise DeviceAbsentError(f"this machine has no default microphone; microphones found: {there_is}")
    if not found:
        raise DeviceAbsentError(f"no microphone is called {wanted!r}; microphones found: {there_is}")
    matching = [names[at] for at in found]
    if len(set(matching)) == 1:
        raise DeviceAbsentError(
            f"{len(found)} microphones have the same name {matching[0]!r}; give their sound cards different names (a "
            "udev rule that sets ATTR{id}), or unplug one"
        )
    raise DeviceAbsentError(f"{wanted!r} may mean any of: {'; '.join(matching)}; give more of the name")


def devices_to_try(wanted: str, names: Sequence[str], default: int | None, cards: Sequence[int]) -> list[int]:
    """Return the positions of the devices to try, in order.

    For `default` these are the system's default device, and then the only sound card that captures, or the only device
    at all. On a Raspberry Pi the system's default is often the HDMI output, which captures nothing.

    Args:
        wanted: As for `choose_device`.
        names: As for `choose_device`.
        default: As for `choose_device`.
        cards: Positions of the sound cards, without devices that only lead to one of them.

    Raises:
        DeviceAbsentError: As `choose_device`.
    """
    only = list(cards) if len(cards) == 1 else [0] if len(names) == 1 else []
    if wanted.casefold() == DEFAULT_DEVICE and only:
        return list(dict.fromkeys([*([] if default is None else [default]), *only]))
    return [choose_device(wanted, names, default)]


def note_about_default(wanted: str, cards: Sequence[str]) -> str:
    """Return a note if `default` was taken although this machine has several sound cards; empty otherwise.

    The `cards` are the lasting names of those that can capture, without devices that only lead to one of them.
    """
    if wanted.casefold() != DEFAULT_DEVICE or len(cards) < 2:  # noqa: PLR2004 - a choice
        return ""
    return f"there are {len(cards)} microphones: {'; '.join(cards)}; choose one of them with TEARS_RECORDER_DEVICE"
