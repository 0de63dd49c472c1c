"""`tears devices`: the microphones of this machine, by the names that survive a reboot."""

from __future__ import annotations

import subprocess
import sys

import msgspec
from rich.console import Console
from rich.table import Table

from tears.cli.errors import StartError
from tears.cli.house.child_process import inherited_environment
from tears.cli.house.live_view import level_bar

LISTEN_SECONDS = 1.0
# For all devices together: one that hangs must not hang us.
LIST_SECONDS = 15.0


class Microphone(msgspec.Struct, frozen=True, kw_only=True):
    """One device that can capture; `fault` is why it cannot be opened now."""

    name: str
    rate_hz: int
    channels: int
    default: bool
    level_dbfs: float | None = None
    fault: str = ""


def find_microphones(listen_seconds: float = 0.0) -> list[Microphone]:
    """Looks, in a process of its own, since PortAudio looks once a process and may hang.

    Args:
        listen_seconds: listens to each for so long; 0: not at all.

    Raises:
        StartError: PortAudio is not there.
    """
    command = [sys.executable, "-m", "tears.recorder.capture.microphone.device_list", str(listen_seconds)]
    try:
        # ALSA complains on standard error of every device that it tries: only the last line is ours.
        done = subprocess.run(  # noqa: S603 - our own program
            command, env=inherited_environment(), capture_output=True, timeout=LIST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as hung:
        return _decode(hung.stdout or b"")
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise StartError(lines[-1] if lines else f"looking for microphones ended with status {done.returncode}")
    return _decode(done.stdout)


def devices(console: Console) -> None:
    """Prints them, each with its level."""
    found = find_microphones(LISTEN_SECONDS)
    if not found:
        console.print("no microphone found: is one plugged in, and may this user open it (group audio)?")
        return
    table = Table("microphone", "rate", "channels", "level", expand=False)
    for one in found:
        name = f"{one.name} (default)" if one.default else one.name
        level = one.fault or ""
        if one.level_dbfs is not None:
            level = f"{level_bar(one.level_dbfs)} {one.level_dbfs:6.1f} dBFS"
        table.add_row(name, f"{one.rate_hz} Hz", str(one.channels), level)
    console.print(table)
    console.print("TEARS_RECORDER_DEVICE takes one of these names, or a part of it")


def device_for(mic: str, microphones: list[Microphone]) -> str | None:
    """What to ask the recorder of room `mic` for: the device called like it, if there is one."""
    return mic if any(mic.casefold() in one.name.casefold() for one in microphones) else None


def _decode(lines: bytes) -> list[Microphone]:
    return [msgspec.json.decode(line, type=Microphone) for line in lines.splitlines() if line.endswith(b"}")]
