"""Explain why there is no microphone at all, by ALSA's device nodes below /dev/snd."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

_NODES_FOLDER = Path("/dev/snd")
# pcmC1D0c: card 1, device 0, which captures.
_CAPTURING_NODES = "pcmC*D*c"


def why_no_microphone(folder: Path = _NODES_FOLDER, open_node: Callable[[Path], None] | None = None) -> str:
    """Return the reason and its cure, in words; `open_node` opens a node or raises OSError."""
    nodes = sorted(folder.glob(_CAPTURING_NODES))
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
    # O_NONBLOCK: do not wait for a device that another program has open.
    os.close(os.open(node, os.O_RDONLY | os.O_NONBLOCK))


def _cure(node: Path, error: OSError) -> str:
    if error.errno == errno.EACCES:
        group = node.stat().st_gid
        return f"; it belongs to group {group}, which this user must be in (in docker compose: TEARS_AUDIO_GID={group})"
    if error.errno == errno.EPERM:
        return "; the container may not open sound devices (device_cgroup_rules: c 116:* rmw)"
    if error.errno == errno.EBUSY:
        return "; another program uses it: end that program"
    return ""
