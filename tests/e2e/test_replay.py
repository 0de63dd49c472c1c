"""`tears replay`: recordings through the real services."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.mqtt.mosquitto import Mosquitto
from support.mqtt.mqtt_watcher import MqttWatcher
from support.processes.tears_command import children, descendants, lines, start_tears, tears
from support.waiting import wait_until

from tears.kit.redis_client import connect
from tears.kit.registry.rooms import read_rooms

DEADLINE_SECONDS = 60.0

DETECTION_KEYS = {
    "mic",
    "window_id",
    "start_seconds",
    "end_seconds",
    "level_dbfs",
    "scores",
    "cry_score",
    "model",
    "model_version",
}
EPISODE_KEYS = {"mic", "episode_id", "start_seconds", "alerted_at_seconds", "end_seconds", "peak_score"}


@pytest.fixture(scope="module")
def replayed(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    result = tears("replay", scene, "--out", out)
    assert result.returncode == 0, result.stdout + result.stderr
    printed = result.stdout.splitlines()
    last = next(number for number, line in enumerate(printed) if "times real time" in line)
    # Nothing looks broken in a replay that went well, and the table has the alerts already.
    assert printed[last + 1 :] == [], result.stdout
    return out / scene.stem


def test_every_second_from_the_fifth_on_has_a_detection(scene: Path, replayed: Path) -> None:
    detections = lines(replayed / "detections.jsonl")
    seconds = int(soundfile.info(scene).duration)
    assert [one["start_seconds"] for one in detections] == list(range(seconds - 4))
    for one in detections:
        assert set(one) == DETECTION_KEYS
        assert one["end_seconds"] - one["start_seconds"] == 5
        assert set(one["scores"]) == {"crying", "other"}
        assert one["cry_score"] == one["scores"]["crying"]
        assert 0 <= one["cry_score"] <= 1
        assert (one["mic"], one["model"], one["model_version"]) == (scene.stem, "cry", 1)


def test_an_alert_comes_at_the_end_of_the_window_that_opened_the_episode(replayed: Path) -> None:
    ends = {one["end_seconds"] for one in lines(replayed / "detections.jsonl")}
    episodes = lines(replayed / "episodes.jsonl")
    assert episodes
    for one in episodes:
        assert set(one) == EPISODE_KEYS
        assert one["alerted_at_seconds"] in ends
        assert one["start_seconds"] <= one["alerted_at_seconds"] <= one["end_seconds"]


def test_the_same_recording_gives_the_same_answer_at_another_pace(scene: Path, replayed: Path, tmp_path: Path) -> None:
    """Kill one of two replicas of each service, and get the same windows, each once, and the same episodes."""
    process = start_tears("replay", scene, "--out", tmp_path, "--replicas", "2")
    try:
        wait_until(
            lambda: any("tears.recorder" in command for _, command in descendants(process.pid)),
            DEADLINE_SECONDS,
            describe="a recorder at work",
        )
        family = list(descendants(process.pid))
        for module in ("-m tears.preprocessor", "-m tears.classifier"):
            replicas = [pid for pid, command in family if module in command]
            assert len(replicas) == 2
            os.kill(replicas[0], signal.SIGKILL)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert "died and were restarted" in output
    disturbed = lines(tmp_path / scene.stem / "detections.jsonl")
    assert len({one["window_id"] for one in disturbed}) == len(disturbed)
    assert disturbed == lines(replayed / "detections.jsonl")
    assert lines(tmp_path / scene.stem / "episodes.jsonl") == lines(replayed / "episodes.jsonl")


def test_crying_in_nights_of_real_recordings_is_found_better_than_by_chance(nights: list[Path], tmp_path: Path) -> None:
    result = tears("replay", *nights, "--out", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    pairs = [f"{night.with_suffix('.truth.json')}={tmp_path / night.stem / 'episodes.jsonl'}" for night in nights]
    scored = subprocess.run(
        [sys.executable, "-m", "tears.trainer.evaluation.nights.score", *pairs],
        check=True,
        capture_output=True,
        text=True,
    )
    score = json.loads(scored.stdout)
    # Only a broken pipeline falls below this; the model card says how good the model is.
    assert score["detected"] >= 0.6 * score["bouts"]
    assert score["false_alerts_per_hour"] <= 12


def test_any_sample_rate_width_and_channel_count_can_be_played(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=30 * 48_000, dtype="int16")
    files = {
        "wav24": ("wav", np.stack([sound, sound], axis=1), rate_hz, "PCM_24"),
        "wav8": ("wav", sound, rate_hz, "PCM_U8"),
        "float": ("wav", sound / 32_768, rate_hz, "FLOAT"),
        "high": ("flac", np.repeat(sound, 2), 2 * rate_hz, "PCM_16"),
        "vorbis": ("ogg", sound, rate_hz, "VORBIS"),
    }
    paths = []
    for stem, (ending, samples, rate, subtype) in files.items():
        paths.append(tmp_path / f"{stem}.{ending}")
        soundfile.write(paths[-1], samples, rate, subtype=subtype)
    result = tears("replay", *paths, "--out", tmp_path / "out", "--at-once", "5")
    assert result.returncode == 0, result.stdout + result.stderr
    for stem in files:
        assert len(lines(tmp_path / "out" / stem / "detections.jsonl")) == 26, stem + result.stdout + result.stderr


def test_gain_and_hop_reach_the_pipeline(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=10 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "short.wav", sound, rate_hz)
    result = tears("replay", tmp_path / "short.wav", "--out", tmp_path, "--hop", "0.5", "--gain-db", "45")
    assert result.returncode == 0, result.stdout + result.stderr
    starts = [one["start_seconds"] for one in lines(tmp_path / "short" / "detections.jsonl")]
    assert starts == [0.5 * k for k in range(11)]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_text("no sound"), "cannot be read as a recording"),
        (lambda path: path.touch(), "cannot be read as a recording"),
        (lambda path: soundfile.write(path, np.zeros(0, np.int16), 48_000), "empty"),
    ],
)
def test_a_file_without_sound_is_named_with_the_cure(make: Any, says: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.wav"
    make(path)
    result = tears("replay", path, "--out", tmp_path / "out")
    assert result.returncode == 1
    assert says in result.stderr
    assert "bad.wav" in result.stderr.replace("\n", "")


def test_without_a_redis_server_of_the_system_the_embedded_one_is_used(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=6 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "short.wav", sound, rate_hz)
    result = tears("replay", tmp_path / "short.wav", "--out", tmp_path, PATH=str(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(lines(tmp_path / "short" / "detections.jsonl")) == 2, result.stdout + result.stderr


def test_a_replay_waits_for_a_recording_that_ends_before_the_first_answer(scene: Path, tmp_path: Path) -> None:
    """Stop the classifier until the recorder has played everything and the registry says so."""
    sound, rate_hz = soundfile.read(scene, stop=6 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "short.wav", sound, rate_hz)
    process = start_tears("replay", tmp_path / "short.wav", "--out", tmp_path / "out", TMPDIR=str(tmp_path))

    def pids(module: str) -> list[int]:
        return [pid for pid, command in descendants(process.pid) if f"-m tears.{module}" in command]

    try:
        wait_until(lambda: pids("recorder"), DEADLINE_SECONDS, describe="a recorder")
        (classifier,) = pids("classifier")
        os.kill(classifier, signal.SIGSTOP)
        try:
            (socket,) = tmp_path.glob("tears-*/redis.sock")
            with connect(f"unix://{socket}") as client:
                wait_until(lambda: read_rooms(client), DEADLINE_SECONDS, describe="a room that has ended")

                def looks() -> int:
                    return int(client.info("commandstats")["cmdstat_xread"]["calls"])

                # The replay reads ten times a second, so it has seen the room by then.
                before = looks()
                wait_until(lambda: looks() >= before + 20, DEADLINE_SECONDS, describe="the replay to look")
        finally:
            # A stopped process does not notice that its parent is gone.
            os.kill(classifier, signal.SIGCONT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, output
    assert len(lines(tmp_path / "out" / "short" / "detections.jsonl")) == 2, output


def test_two_files_of_one_stem_are_an_error(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / "same.wav", np.zeros(48_000, np.int16), 48_000)
    result = tears("replay", tmp_path / "a" / "same.wav", tmp_path / "b" / "same.wav", "--out", tmp_path / "out")
    assert result.returncode == 1
    assert "both be the room same" in result.stderr


def test_a_replay_leaves_nothing_behind(scene: Path, tmp_path: Path) -> None:
    """Press Ctrl-C in the middle: no process, no socket and no half-written result is left."""
    process = start_tears("replay", scene, "--out", tmp_path / "out", TMPDIR=str(tmp_path))
    wait_until(
        lambda: any("tears.recorder" in command for _, command in descendants(process.pid)),
        DEADLINE_SECONDS,
        describe="a recorder",
    )
    family = [pid for pid, _ in descendants(process.pid)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE_SECONDS)
    assert not [pid for pid in family if children(pid) or Path(f"/proc/{pid}/exe").exists()]
    assert not list(tmp_path.glob("tears-*"))
    assert not list((tmp_path / "out").iterdir())


def test_a_truncated_file_is_played_to_its_end_with_a_warning(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=20 * 48_000, dtype="int16")
    path = tmp_path / "cut.wav"
    soundfile.write(path, sound, rate_hz)
    path.write_bytes(path.read_bytes()[: 2 * 48_000 * 12])
    result = tears("replay", path, "--out", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert "truncated" in result.stdout
    assert len(lines(tmp_path / "out" / "cut" / "detections.jsonl")) == 7


def test_a_folder_that_cannot_be_made_is_named_before_anything_is_played(scene: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = tears("replay", scene, "--out", tmp_path / "file" / "out")
    assert result.returncode == 1
    assert "give another --out" in " ".join(result.stderr.split())


def test_a_replay_tells_home_assistant_nothing(scene: Path, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(scene, stop=6 * 48_000, dtype="int16")
    soundfile.write(tmp_path / "short.wav", sound, rate_hz)
    with Mosquitto() as broker, MqttWatcher(broker.port) as watcher:
        result = tears("replay", tmp_path / "short.wav", "--out", tmp_path, TEARS_ALERTER_MQTT_URL=broker.url)
        assert result.returncode == 0, result.stdout + result.stderr
        assert watcher.messages == []
