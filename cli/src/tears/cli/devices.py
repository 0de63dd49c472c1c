"""`tears devices`: list the microphones of this machine, by the names that survive a reboot."""

import subprocess
import sys

import click
import msgspec
from rich.table import Table

from tears.cli.console import make_console
from tears.cli.errors import StartError
from tears.cli.pipeline.child_process import inherited_environment
from tears.cli.view.levels import level_words

MEASURE_SECONDS = 1.0
# The time for all devices together; one that hangs must not stop the command.
LIST_TIMEOUT_SECONDS = 15.0


class ListedMicrophone(msgspec.Struct, frozen=True, kw_only=True):
    """A device that can record; `fault` says why it cannot be opened now."""

    name: str
    rate_hz: int
    channels: int
    default: bool
    level_dbfs: float | None = None
    fault: str = ""


@click.command("devices")
def command() -> None:
    """List the microphones and their levels, by names that survive a reboot."""
    console = make_console()
    found = find_microphones(MEASURE_SECONDS)
    if not found:
        console.print("no microphone found: is one plugged in, and may this user open it (group audio)?")
        return
    table = Table("microphone", "rate", "channels", "level", expand=False)
    for one in found:
        name = f"{one.name} (default)" if one.default else one.name
        level = one.fault if one.level_dbfs is None else level_words(one.level_dbfs)
        table.add_row(name, f"{one.rate_hz} Hz", str(one.channels), level)
    console.print(table)
    console.print("TEARS_RECORDER_DEVICE takes one of these names, or a part of it")


def find_microphones(measure_seconds: float = 0.0) -> list[ListedMicrophone]:
    """Look for microphones, and measure the level of each for some seconds.

    This takes a process of its own, because PortAudio looks only once in a process, and may hang.

    Raises:
        StartError: PortAudio is not installed.
    """
    words = [sys.executable, "-m", "tears.recorder.device_list", str(measure_seconds)]
    try:
        # ALSA complains on standard error about every device that it tries; only the last line is our own.
        done = subprocess.run(  # noqa: S603 - our own program
            words, env=inherited_environment(), capture_output=True, timeout=LIST_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as hung:
        return _parse(hung.stdout or b"")
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise StartError(lines[-1] if lines else f"looking for microphones ended with status {done.returncode}")
    return _parse(done.stdout)


def device_for(mic: str, microphones: list[ListedMicrophone]) -> str | None:
    """Return the device that the recorder of room `mic` asks for: the room's name, if a device's name contains it."""
    return mic if any(mic.casefold() in one.name.casefold() for one in microphones) else None


def _parse(lines: bytes) -> list[ListedMicrophone]:
    return [msgspec.json.decode(line, type=ListedMicrophone) for line in lines.splitlines() if line.endswith(b"}")]
