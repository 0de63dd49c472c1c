"""Why there is no microphone at all, as far as Linux's own list of them tells: ALSA's nodes below /dev/snd."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

NODES = Path("/dev/snd")
# pcmC1D0c: card 1, device 0, which captures.
CAPTURING = "pcmC*D*c"


def why_none(folder: Path = NODES, open_node: Callable[[Path], None] | None = None) -> str:
    """The reason and its cure, in words.

    Args:
        folder: where the nodes are.
        open_node: raises OSError where a node may not be opened; by default it tries.
    """
    nodes = sorted(folder.glob(CAPTURING))
    if not nodes:
        return (
            f"{folder} holds no sound card that captures; plug a microphone in and see whether `arecord -l` lists it "
            f"(a container needs the machine's {folder})"
        )
    for node in nodes:
        try:
            (open_node or _open)(node)
        except OSError as error:
            return f"{node} cannot be opened: {error.strerror}{_cure(node, error)}"
    return (
        f"{', '.join(map(str, nodes))} can be opened, but no microphone answers there; unplug it and plug it in again"
    )


def _open(node: Path) -> None:
    # A device that somebody else has must not hold us up here.
    os.close(os.open(node, os.O_RDONLY | os.O_NONBLOCK))


def _cure(node: Path, error: OSError) -> str:
    if error.errno == errno.EACCES:
        group = node.stat().st_gid
        return f"; it belongs to group {group}, which this user must be in (in docker compose: TEARS_AUDIO_GID={group})"
    if error.errno == errno.EPERM:
        return "; the container may not open sound devices (device_cgroup_rules: c 116:* rmw)"
    if error.errno == errno.EBUSY:
        return "; another program listens to it: end that one"
    return ""
