"""`tears slice`: clips as the blog cut them with sox."""

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.audio.sox import run_sox
from integration.audio.voices import cry_like, speech_like
from integration.own_data.conftest import RATE, Tears, listed_slices, write_labels
from numpy.typing import NDArray
from support.processes.small_disk import run_module
from support.sound.own_recordings import crying, room, write_wav

from tears.audio.gain import auto_gain_db
from tears.audio.window import make_window
from tears.samples.voices.babies import BABIES
from tears.samples.voices.crying import crying_episode
from tears.samples.waveforms import at_level

ONSET_SAMPLES = 4


def clip(path: Path) -> NDArray[np.int16]:
    """Read a clip, which must be as trainers expect it."""
    info = soundfile.info(str(path))
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (22_050, 1, 110_250, "PCM_16")
    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16")[0]
    return samples


@pytest.mark.parametrize(("rate_hz", "tolerance"), [(48_000, 3), (44_100, 3), (16_000, 3), (22_050, 0)])
def test_each_clip_is_what_sox_makes_of_the_same_five_seconds(
    tears: Tears, tmp_path: Path, rate_hz: int, tolerance: int
) -> None:
    sound = np.concatenate([speech_like(rate_hz, -60), cry_like(rate_hz, -62), cry_like(rate_hz, -47)])
    recording = write_wav(tmp_path / "phone.wav", sound, rate_hz)
    write_labels(recording, "0.5\t5.5\tother\n6.25\t14.9\tcrying\n")
    out = tmp_path / "clips"
    result = tears("slice", recording, "--out", out)
    assert result.exit_code == 0, result.output
    cut = {"other/phone_nohash_0.wav": "0.5", "crying/phone_nohash_1.wav": "6.25"}
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.wav")} == set(cut)
    for name, start in cut.items():
        by_sox = run_sox(tmp_path, sound, rate_hz, "trim", start, "5", "vol", "45", "dB", "rate", "22050")
        off = np.abs(clip(out / name).astype(int) - by_sox)
        # Where a cut is inside a cry, the filter of sox starts differently for a moment.
        assert off[ONSET_SAMPLES:].max() <= tolerance, name
        assert off.max() <= 10 * tolerance, name


def test_each_clip_of_a_synthesised_cry_is_what_sox_makes_of_it(tears: Tears, tmp_path: Path) -> None:
    voice = at_level(crying_episode(BABIES[3], 12, np.random.default_rng(4)), -62)
    sound = np.round(voice * 32_768).astype(np.int16)
    recording = tmp_path / "baby.flac"
    soundfile.write(recording, sound, RATE, subtype="PCM_16")
    write_labels(recording, "1.2345\t11.5\tcrying\n")
    out = tmp_path / "clips"
    assert tears("slice", recording, "--out", out).exit_code == 0
    assert {path.stat().st_mode & 0o777 for path in out.rglob("*.wav")} == {0o600}
    listed = listed_slices(out)
    assert len(listed) == 2
    for row in listed:
        trim = f"{round(float(row['start_seconds']) * RATE)}s"
        by_sox = run_sox(tmp_path, sound, RATE, "trim", trim, "5", "vol", "45", "dB", "rate", "22050")
        off = np.abs(clip(out / row["path"]).astype(int) - by_sox)
        assert off[ONSET_SAMPLES:].max() <= 3, row
        assert off.max() <= 30, row


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_sound_below_the_sixteenth_bit_is_amplified_as_by_sox(tears: Tears, tmp_path: Path, subtype: str) -> None:
    voice = at_level(crying_episode(BABIES[2], 6, np.random.default_rng(5)), -75)[: 5 * RATE]
    recording = tmp_path / "faint.wav"
    soundfile.write(recording, voice, RATE, subtype=subtype)
    write_labels(recording, "0\t5.5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "clips").exit_code == 0
    by_sox = run_sox(tmp_path, recording, RATE, "trim", "0", "5", "vol", "45", "dB", "rate", "22050")
    off = np.abs(clip(tmp_path / "clips" / "crying" / "faint_nohash_0.wav").astype(int) - by_sox)
    assert np.abs(by_sox).max() > 300
    assert off.max() <= 3


def test_a_command_that_is_ended_by_a_signal_leaves_no_draft(
    tears: Tears, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_wav(tmp_path / "phone.wav", cry_like(RATE, -40), RATE)
    write_labels(recording, "0\t5\tcrying\n")
    monkeypatch.setattr(os, "fsync", lambda _: os.kill(os.getpid(), signal.SIGTERM))  # when the first draft is written
    result = tears("slice", recording, "--out", tmp_path / "clips")
    assert result.exit_code == 1
    assert "Aborted" in result.output
    assert not (tmp_path / "clips").exists()


def test_another_gain_is_that_of_sox_and_auto_is_that_of_the_pipeline(tears: Tears, tmp_path: Path) -> None:
    sound = cry_like(RATE, -40)
    recording = write_wav(tmp_path / "phone.wav", sound, RATE)
    write_labels(recording, "0\t5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "20", "--gain-db", "20").exit_code == 0
    by_sox = run_sox(tmp_path, sound, RATE, "trim", "0", "5", "vol", "20", "dB", "rate", "22050")
    assert np.abs(clip(tmp_path / "20" / "crying" / "phone_nohash_0.wav").astype(int) - by_sox).max() <= 3

    assert tears("slice", recording, "--out", tmp_path / "auto", "--gain-db", "auto").exit_code == 0
    made = clip(tmp_path / "auto" / "crying" / "phone_nohash_0.wav")
    assert np.array_equal(made, make_window(sound, RATE, None).samples)
    (row,) = listed_slices(tmp_path / "auto")
    assert float(row["gain_db"]) == pytest.approx(auto_gain_db(sound), abs=0.01)
    assert row["recording"] == "phone.wav"


def test_channels_are_mixed_as_the_pipeline_mixes_them(tears: Tears, tmp_path: Path) -> None:
    left, right = cry_like(RATE, -40), speech_like(RATE, -45)
    recording = write_wav(tmp_path / "stereo.wav", np.stack([left, right], axis=1), RATE, channels=2)
    write_labels(recording, "0\t5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "out", "--gain-db", "0").exit_code == 0
    mean = np.floor((left.astype(int) + right + 1) / 2).astype(np.int16)
    made = clip(tmp_path / "out" / "crying" / "stereo_nohash_0.wav")
    assert np.array_equal(made, make_window(mean, RATE, 0.0).samples)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_channels_in_opposite_phase_are_cut_as_the_pipeline_hears_them(
    tears: Tears, tmp_path: Path, subtype: str
) -> None:
    cry = cry_like(RATE, -40)
    recording = tmp_path / "stereo.wav"
    soundfile.write(recording, np.stack([cry, -cry], axis=1), RATE, subtype=subtype)
    write_labels(recording, "0\t5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "out", "--gain-db", "0").exit_code == 0
    made = clip(tmp_path / "out" / "crying" / "stereo_nohash_0.wav")
    assert np.abs(np.abs(made.astype(int)) - np.abs(make_window(cry, RATE, 0.0).samples.astype(int))).max() <= 1


def test_a_night_of_tears_record_gives_one_group_for_each_episode_and_one_for_quiet(tears: Tears, night: Path) -> None:
    when = ("--from", "02:13:01", "--to", "02:14", "--timezone", "Europe/Berlin")
    assert tears("label", night, *when, "crying").exit_code == 0
    out = night.parent / "clips"
    result = tears("slice", night, "--out", out, "--rest", "quiet", "--gain-db", "auto")
    assert result.exit_code == 0, result.output
    cries, quiets = sorted((out / "crying").iterdir()), sorted((out / "quiet").iterdir())
    assert len(cries) == len(quiets) == 10
    assert {path.name.split("_nohash_")[0].split("-")[3] for path in cries} == {"000002880000"}
    for path in quiets:
        assert np.sqrt(np.mean(clip(path).astype(float) ** 2)) > 100  # the room is heard
    by_path = {row["path"]: row for row in listed_slices(out)}
    assert all(float(by_path[f"quiet/{path.name}"]["level_dbfs"]) < -55 for path in quiets)
    assert all(float(by_path[f"crying/{path.name}"]["level_dbfs"]) > -50 for path in cries)
    assert "adds no clips" not in result.output


def test_a_rest_without_clips_is_explained(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(90, 8_000, 1), 8_000)
    write_labels(recording, "40\t50\tcrying\n")
    result = tears("slice", recording, "--out", tmp_path / "near", "--rest", "quiet")
    assert result.exit_code == 0, result.output
    assert "--rest quiet adds no clips: all parts without a label are within 60 s of a label" in result.output
    assert {row["label"] for row in listed_slices(tmp_path / "near")} == {"crying"}

    muted = write_wav(tmp_path / "muted.wav", np.zeros(60 * 8_000, np.int16), 8_000)
    result = tears("slice", recording, muted, "--out", tmp_path / "muted", "--rest", "quiet")
    assert result.exit_code == 0, result.output
    assert "--rest quiet adds no clips: the parts without a label are digital silence" in result.output


def test_no_clip_is_cut_across_the_border_of_a_label(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(30, RATE, 1), RATE)
    write_labels(recording, "0\t4.9\tcrying\n5\t14.99\tquiet\n")
    assert tears("slice", recording, "--out", tmp_path / "out").exit_code == 0
    assert [row["path"] for row in listed_slices(tmp_path / "out")] == ["quiet/phone_nohash_0.wav"]


def test_recordings_that_cannot_be_sliced_are_named_with_their_cure(tears: Tears, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    phone = write_wav(tmp_path / "a" / "phone.wav", room(10, RATE, 1), RATE)
    twin = write_wav(tmp_path / "b" / "phone.wav", room(10, RATE, 2), RATE)
    out = tmp_path / "out"
    assert "holds no recordings" in tears("slice", tmp_path / "empty", "--out", out).output
    assert "tears label" in tears("slice", phone, "--out", out).output
    write_labels(phone, "0\t4\tcrying\n")
    assert "no label holds a whole clip" in tears("slice", phone, "--out", out).output
    write_labels(phone, "20\t30\tcrying\n")
    assert "ends after 10.0 s, before its label" in tears("slice", phone, "--out", out).output
    write_labels(phone, "0\t10\tcrying\n")
    assert "rename one of them" in tears("slice", phone, twin, "--out", out).output
    assert "did you mean 'quiet'" in tears("slice", phone, "--out", out, "--rest", "quite").output
    assert not out.exists()


def test_clips_in_the_folder_of_the_recordings_are_not_sliced(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(20, RATE, 1), RATE)
    write_labels(recording, "0\t20\tcrying\n")
    out = tmp_path / "clips"
    assert tears("slice", tmp_path, "--out", out).exit_code == 0
    of_a_clip = out / "crying" / "phone_nohash_0.wav"
    write_labels(of_a_clip, "0\t5\tcrying\n")
    result = tears("slice", tmp_path, "--out", out, "--replace")
    assert result.exit_code == 0, result.output
    assert {row["recording"] for row in listed_slices(out)} == {"phone.wav"}
    assert "rename the recording" in tears("slice", of_a_clip, "--out", out).output


@pytest.mark.parametrize("rate_hz", [2_000, 768_000])
def test_a_rate_that_clips_cannot_be_cut_from_is_named_with_its_cure(
    tears: Tears, tmp_path: Path, rate_hz: int
) -> None:
    odd = write_wav(tmp_path / "odd.wav", room(6, rate_hz, 1), rate_hz)
    phone = write_wav(tmp_path / "phone.wav", room(6, RATE, 2), RATE)
    out = tmp_path / "out"
    assert tears("label", odd, phone, "crying").exit_code == 0
    result = tears("slice", odd, phone, "--out", out)
    assert f"odd.wav has {rate_hz} Hz" in result.output
    assert "sox odd.wav -r 48000" in result.output
    odd.with_name("odd.wav.labels.txt").unlink()
    assert "leave it out" in tears("slice", odd, phone, "--out", out, "--rest", "quiet").output
    assert not out.exists()

    # It does no harm where nothing is cut from it.
    assert tears("slice", odd, phone, "--out", out).exit_code == 0


@pytest.mark.parametrize("name", ["night.flac", "night.wav"])
def test_a_truncated_recording_is_named_and_nothing_is_left(tears: Tears, tmp_path: Path, name: str) -> None:
    recording = tmp_path / name
    soundfile.write(recording, crying(20, 1, rate_hz=16_000), 16_000, subtype="PCM_16")
    recording.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    write_labels(recording, "0\t20\tcrying\n")
    result = tears("slice", recording, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert name in result.output
    assert "truncated" in result.output or "cannot be read at" in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_in_the_place_of_a_clip_is_named_and_no_other_clip_is_written(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(20, RATE, 1), RATE)
    write_labels(recording, "0\t20\tcrying\n")
    out = tmp_path / "out"
    in_the_way = out / "crying" / "phone_nohash_2.wav"
    in_the_way.mkdir(parents=True)
    result = tears("slice", recording, "--out", out)
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert [path for path in out.rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(20, RATE, 1), RATE)
    write_labels(recording, "0\t20\tcrying\n")
    out = tmp_path / "out"

    # The third file is larger than the limit.
    done = run_module("tears.cli", "slice", str(recording), "--out", str(out), largest_file_bytes=200_000)

    assert done.returncode == 1, done.stderr
    assert "cannot write" in done.stderr
    assert not out.exists()
