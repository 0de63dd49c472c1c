"""Why there is no microphone at all, and the cure."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tears.recorder.capture.microphone.sound_nodes import why_no_microphone


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    for name in ("controlC0", "timer", "pcmC0D0p", "pcmC1D0c"):
        (tmp_path / name).touch()
    return tmp_path


def refuse(number: int) -> Callable[[Path], None]:
    def open_node(node: Path) -> None:
        raise OSError(number, os.strerror(number), str(node))

    return open_node


def test_a_machine_that_can_only_play_has_no_microphone(tmp_path: Path) -> None:
    (tmp_path / "pcmC0D0p").touch()

    assert "holds no sound card that captures; plug a microphone in" in why_no_microphone(tmp_path)


def test_a_missing_folder_means_that_there_is_no_microphone(tmp_path: Path) -> None:
    assert f"a container needs the machine's {tmp_path / 'snd'}" in why_no_microphone(tmp_path / "snd")


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (
            errno.EACCES,
            "belongs to group {group}, which this user must be in (in docker compose: TEARS_AUDIO_GID={group})",
        ),
        (errno.EPERM, "device_cgroup_rules: c 116:* rmw"),
        (errno.EBUSY, "another program uses it"),
        (errno.ENODEV, "No such device"),
    ],
)
def test_a_node_that_cannot_be_opened_is_named_with_the_cure(nodes: Path, number: int, cure: str) -> None:
    reason = why_no_microphone(nodes, refuse(number))

    assert reason.startswith(f"{nodes / 'pcmC1D0c'} cannot be opened: ")
    assert cure.format(group=(nodes / "pcmC1D0c").stat().st_gid) in reason


def test_nodes_that_can_be_opened_but_give_no_microphone_are_named(nodes: Path) -> None:
    assert "pcmC1D0c can be opened, but no microphone answers there" in why_no_microphone(nodes)
