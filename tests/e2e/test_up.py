"""`tears up`: in real time, until Ctrl-C."""

import io
import os
import re
import signal
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import redis
import soundfile
from support.network.receivers import NoticeReceiver
from support.processes.tears_command import RUN_SECONDS, descendants, start_tears, tears
from support.sound.sound_server import SoundServer, write_alsa_config
from support.sound.stream_server import StreamServer
from support.waiting import wait_until

from tears.kit.redis_client import connect
from tears.kit.registry.rooms import RoomState, read_rooms

DEADLINE_SECONDS = 60.0


def test_it_listens_until_the_input_ends_and_leaves_nothing_behind(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=8 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "short.wav", sound, rate_hz)
    result = tears("up", "--input", tmp_path / "short.wav", "--mic", "nursery", TMPDIR=str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    # A start in good order looks like one: a line that says so, and no warning.
    begun = f"listening to nursery ({tmp_path}/short.wav, 48000 Hz); model cry 1; nobody is notified"
    # A machine that is slow may judge the first window later, or miss a few.
    expected = [
        re.escape(f"{begun} (set TEARS_ALERTER_NOTIFY); Ctrl-C ends it"),
        r"nursery: quiet at 0:0[5-8]",
        r"nursery: ended at 0:0[5-8]",
        "stopping",
    ]
    # The journal says where its page is as soon as it has started, in whichever line that is.
    pages = r"(?m)^the journal: http://[0-9.:]+(; .+)?\n"
    assert len(re.findall(pages, result.stdout)) <= 1
    assert re.fullmatch("\n".join(expected) + "\n", re.sub(pages, "", result.stdout)), result.stdout
    assert not list(tmp_path.glob("tears-*"))


def test_ctrl_c_drains_and_leaves_nothing_behind(scene: Path, tmp_path: Path) -> None:
    process = start_tears("up", "--input", scene, TMPDIR=str(tmp_path))
    assert process.stdout is not None
    for line in process.stdout:
        if "quiet at" in line or "crying at" in line:
            break
    family = [pid for pid, _ in descendants(process.pid)]
    assert len(family) >= 7  # Redis, the model server, the four services, the journal
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output
    assert "stopping" in output
    assert not [pid for pid in family if Path(f"/proc/{pid}/exe").exists()]
    assert not list(tmp_path.glob("tears-*"))


def test_two_rooms_of_one_name_are_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(48_000, np.int16), 48_000)
    result = tears("up", "--input", tmp_path / "a.wav", "--mic", "a", "--mic", "a")
    assert result.returncode == 1
    assert "two rooms would have one name: a, a" in result.stderr.replace("\n", " ")


def test_it_listens_to_a_microphone_and_says_when_it_is_gone_and_when_it_is_back(tmp_path: Path) -> None:
    with SoundServer("roommic") as other, SoundServer("nursery") as server:
        devices = write_alsa_config(tmp_path / "asound.conf", other, server)
        process = start_tears("up", "--mic", "nursery", TMPDIR=str(tmp_path), ALSA_CONFIG_PATH=str(devices))
        assert process.stdout is not None
        wait_for_line(process.stdout, "listening to nursery (")
        wait_for_line(process.stdout, "nursery: quiet")
        server.kill()
        wait_for_line(process.stdout, "nursery: microphone absent")
        server.start()
        wait_for_line(process.stdout, "nursery: microphone listening")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output
    assert not list(tmp_path.glob("tears-*"))


def test_every_process_that_is_killed_is_restarted_and_listens_to_the_room_again(tmp_path: Path) -> None:
    with SoundServer("nursery") as server:
        devices = write_alsa_config(tmp_path / "asound.conf", server)
        process = start_tears("up", "--mic", "nursery", TMPDIR=str(tmp_path), ALSA_CONFIG_PATH=str(devices))
        assert process.stdout is not None
        wait_for_line(process.stdout, "nursery: quiet")
        killed = {pid for pid, _ in descendants(process.pid)}
        # Redis, the journal, the service host, the model server, the four services, and what reads the microphone.
        assert len(killed) == 9
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        (folder,) = tmp_path.glob("tears-*")

        def hears_again() -> bool:
            with connect(f"unix://{folder / 'redis.sock'}") as client:
                try:
                    room = read_rooms(client).get("nursery")
                except redis.RedisError:
                    return False
            return room is not None and room.state is RoomState.QUIET and room.windows > 0

        wait_until(hears_again, DEADLINE_SECONDS, describe="a detection in the new Redis")
        assert killed.isdisjoint(pid for pid, _ in descendants(process.pid))
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output


def test_it_listens_to_the_stream_in_the_environment_and_needs_no_portaudio_for_it(scene: Path, tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    sound, rate_hz = soundfile.read(scene, dtype="int16")
    body = io.BytesIO()
    soundfile.write(body, sound, rate_hz, format="WAV", subtype="PCM_16")
    with StreamServer(body.getvalue(), len(sound) / rate_hz) as camera:
        process = start_tears("up", TMPDIR=str(tmp_path), PYTHONPATH=str(tmp_path), TEARS_RECORDER_INPUT=camera.url())
        assert process.stdout is not None
        wait_for_line(process.stdout, "nursery: quiet")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output


@pytest.mark.parametrize(
    ("named", "mics", "cure"),
    [
        ("night.flac", ["nursery"], "play that with --input night.flac"),
        ("rtsp://10.0.0.9/stream1", ["nursery", "upstairs"], "name one room here"),
    ],
)
def test_a_stream_in_the_environment_that_cannot_be_used_is_an_error(named: str, mics: list[str], cure: str) -> None:
    rooms = [word for mic in mics for word in ("--mic", mic)]
    result = tears("up", *rooms, TEARS_RECORDER_INPUT=named)
    assert result.returncode == 1
    assert cure in result.stderr.replace("\n", " ")


def test_devices_are_listed_by_name_with_their_level(tmp_path: Path) -> None:
    with SoundServer("roommic") as server:
        devices = write_alsa_config(tmp_path / "asound.conf", server)
        result = tears("devices", ALSA_CONFIG_PATH=str(devices))
    assert result.returncode == 0, result.stderr
    (row,) = [line for line in result.stdout.splitlines() if "roommic" in line]
    assert "48000 Hz" in row
    assert "silent" in row


@pytest.mark.parametrize("command", ["devices", "up"])
def test_without_portaudio_the_cure_is_printed_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    result = tears(command, PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    assert result.returncode == 1
    (line,) = result.stderr.strip().splitlines()
    assert "sudo apt install libportaudio2" in line


def wait_for_line(lines: Iterable[str], words: str) -> None:
    assert any(words in line for line in lines), f"ended before {words!r}"


def test_a_setting_that_a_service_refuses_ends_the_command_with_its_message(scene: Path, tmp_path: Path) -> None:
    result = tears("up", "--input", scene, TMPDIR=str(tmp_path), TEARS_ALERTER_NOTIFY="nonsense")
    assert result.returncode == 1
    assert "TEARS_ALERTER_NOTIFY" in result.stderr


def test_a_warning_of_a_service_is_shown(scene: Path, tmp_path: Path) -> None:
    settings = {"TMPDIR": str(tmp_path), "TEARS_REDIS_URL": f"unix://{tmp_path}/none.sock"}
    process = start_tears("up", "--input", scene, **settings)
    assert process.stdout is not None
    wait_for_line(process.stdout, "Redis does not answer")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_SECONDS)


def test_a_second_command_records_what_the_first_one_hears_though_nobody_named_a_redis(
    scene: Path, tmp_path: Path
) -> None:
    shared = {"TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    out = tmp_path / "recordings"
    nowhere = f"unix://{tmp_path}/none.sock"
    words = ("record", "--out", out, "--seconds", "2", "--leave-gib", "0", "--usual-redis", nowhere)
    record = start_tears(*words, **shared)
    up = start_tears("up", "--input", scene, "--mic", "nursery", **shared)
    wait_until(lambda: any(out.glob("nursery/*/*.flac")), DEADLINE_SECONDS, describe="a recording")
    for process in (up, record):
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, output


@pytest.mark.parametrize("command", ["up", "replay"])
def test_a_cry_label_that_the_model_lacks_is_an_error_at_once(scene: Path, tmp_path: Path, command: str) -> None:
    played: list[str | Path] = ["--input", scene] if command == "up" else [scene, "--out", tmp_path / "out"]
    result = tears(command, *played, TMPDIR=str(tmp_path), TEARS_ALERTER_CRY_LABEL="weeping")
    assert result.returncode == 1
    assert "the model has no label 'weeping', only " in result.stderr
    assert "set TEARS_ALERTER_CRY_LABEL" in result.stderr


def test_an_alert_that_could_not_be_delivered_is_delivered_by_the_next_run(
    scene: Path, crying: Path, tmp_path: Path
) -> None:
    sound, rate_hz = soundfile.read(scene, stop=8 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "attic.wav", sound, rate_hz)
    with NoticeReceiver() as receiver:
        receiver.status = 503
        shared = {
            "TMPDIR": str(tmp_path),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "TEARS_ALERTER_NOTIFY": receiver.url(),
        }
        process = start_tears("up", "--input", crying, "--mic", "nursery", **shared)
        wait_until(lambda: receiver.paths, RUN_SECONDS, describe="an attempt to deliver an alert")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, output
        receiver.status = 200
        result = tears("up", "--input", tmp_path / "attic.wav", "--mic", "attic", **shared)
        assert result.returncode == 0, result.stdout + result.stderr
        assert receiver.taken[0]["title"].startswith("nursery: crying")
        assert "lost" not in result.stdout + result.stderr
