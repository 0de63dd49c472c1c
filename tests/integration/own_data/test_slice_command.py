"""`tears slice`: clips as the blog cut them with sox."""

from __future__ import annotations

import csv
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.audio.sox import run_sox
from integration.audio.voices import cry_like, speech_like
from integration.own_data.conftest import RATE, Tears
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
    """A clip, which must be what trainers take."""
    info = soundfile.info(str(path))
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (22_050, 1, 110_250, "PCM_16")
    samples: NDArray[np.int16] = soundfile.read(path, dtype="int16")[0]
    return samples


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "slices.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def label(recording: Path, text: str) -> None:
    recording.with_name(recording.name + ".labels.txt").write_text(text)


@pytest.mark.parametrize(("rate_hz", "tolerance"), [(48_000, 3), (44_100, 3), (16_000, 3), (22_050, 0)])
def test_each_clip_is_what_sox_makes_of_the_same_five_seconds(
    tears: Tears, tmp_path: Path, rate_hz: int, tolerance: int
) -> None:
    sound = np.concatenate([speech_like(rate_hz, -60), cry_like(rate_hz, -62), cry_like(rate_hz, -47)])
    recording = write_wav(tmp_path / "phone.wav", sound, rate_hz)
    label(recording, "0.5\t5.5\tother\n6.25\t14.9\tcrying\n")
    out = tmp_path / "clips"
    result = tears("slice", recording, "--out", out)
    assert result.exit_code == 0, result.output
    cut = {"other/phone_nohash_0.wav": "0.5", "crying/phone_nohash_1.wav": "6.25"}
    assert {path.relative_to(out).as_posix() for path in out.rglob("*.wav")} == set(cut)
    for name, start in cut.items():
        by_sox = run_sox(tmp_path, sound, rate_hz, "trim", start, "5", "vol", "45", "dB", "rate", "22050")
        off = np.abs(clip(out / name).astype(int) - by_sox)
        # Where a cut falls into a cry, sox fills its filter otherwise for a moment.
        assert off[ONSET_SAMPLES:].max() <= tolerance, name
        assert off.max() <= 10 * tolerance, name


def test_a_synthesised_babys_cry_is_what_sox_makes_of_it_wherever_it_is_cut(tears: Tears, tmp_path: Path) -> None:
    voice = at_level(crying_episode(BABIES[3], 12, np.random.default_rng(4)), -62)
    sound = np.round(voice * 32_768).astype(np.int16)
    recording = tmp_path / "baby.flac"
    soundfile.write(recording, sound, RATE, subtype="PCM_16")
    label(recording, "1.2345\t11.5\tcrying\n")
    out = tmp_path / "clips"
    assert tears("slice", recording, "--out", out).exit_code == 0
    listed = rows(out)
    assert len(listed) == 2
    for row in listed:
        trim = f"{round(float(row['start_seconds']) * RATE)}s"
        by_sox = run_sox(tmp_path, sound, RATE, "trim", trim, "5", "vol", "45", "dB", "rate", "22050")
        off = np.abs(clip(out / row["path"]).astype(int) - by_sox)
        assert off[ONSET_SAMPLES:].max() <= 3, row
        assert off.max() <= 30, row


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_what_lies_below_the_sixteenth_bit_is_amplified_as_sox_does(tears: Tears, tmp_path: Path, subtype: str) -> None:
    voice = at_level(crying_episode(BABIES[2], 6, np.random.default_rng(5)), -75)[: 5 * RATE]
    recording = tmp_path / "faint.wav"
    soundfile.write(recording, voice, RATE, subtype=subtype)
    label(recording, "0\t5.5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "clips").exit_code == 0
    by_sox = run_sox(tmp_path, recording, RATE, "trim", "0", "5", "vol", "45", "dB", "rate", "22050")
    off = np.abs(clip(tmp_path / "clips" / "crying" / "faint_nohash_0.wav").astype(int) - by_sox)
    assert np.abs(by_sox).max() > 300
    assert off.max() <= 3


def test_a_command_that_is_told_to_end_leaves_no_draft(
    tears: Tears, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = write_wav(tmp_path / "phone.wav", cry_like(RATE, -40), RATE)
    label(recording, "0\t5\tcrying\n")
    monkeypatch.setattr(os, "fsync", lambda _: os.kill(os.getpid(), signal.SIGTERM))  # with the first draft written
    result = tears("slice", recording, "--out", tmp_path / "clips")
    assert result.exit_code == 1
    assert "Aborted" in result.output
    assert not (tmp_path / "clips").exists()


def test_another_gain_is_soxs_too_and_auto_is_the_pipelines(tears: Tears, tmp_path: Path) -> None:
    sound = cry_like(RATE, -40)
    recording = write_wav(tmp_path / "phone.wav", sound, RATE)
    label(recording, "0\t5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "20", "--gain-db", "20").exit_code == 0
    by_sox = run_sox(tmp_path, sound, RATE, "trim", "0", "5", "vol", "20", "dB", "rate", "22050")
    assert np.abs(clip(tmp_path / "20" / "crying" / "phone_nohash_0.wav").astype(int) - by_sox).max() <= 3

    assert tears("slice", recording, "--out", tmp_path / "auto", "--gain-db", "auto").exit_code == 0
    made = clip(tmp_path / "auto" / "crying" / "phone_nohash_0.wav")
    assert np.array_equal(made, make_window(sound, RATE, None).samples)
    (row,) = rows(tmp_path / "auto")
    assert float(row["gain_db"]) == pytest.approx(auto_gain_db(sound), abs=0.01)
    assert row["recording"] == "phone.wav"


def test_channels_are_mixed_as_the_pipeline_mixes_them(tears: Tears, tmp_path: Path) -> None:
    left, right = cry_like(RATE, -40), speech_like(RATE, -45)
    recording = write_wav(tmp_path / "stereo.wav", np.stack([left, right], axis=1), RATE, channels=2)
    label(recording, "0\t5\tcrying\n")
    assert tears("slice", recording, "--out", tmp_path / "out", "--gain-db", "0").exit_code == 0
    mean = np.floor((left.astype(int) + right + 1) / 2).astype(np.int16)
    made = clip(tmp_path / "out" / "crying" / "stereo_nohash_0.wav")
    assert np.array_equal(made, make_window(mean, RATE, 0.0).samples)


def test_a_night_of_tears_record_gives_one_recording_a_bout_and_quiet_apart(tears: Tears, night: Path) -> None:
    when = ("--from", "02:13:01", "--to", "02:14", "--timezone", "Europe/Berlin")
    assert tears("label", night, *when, "crying").exit_code == 0
    out = night.parent / "clips"
    result = tears("slice", night, "--out", out, "--rest", "quiet", "--gain-db", "auto")
    assert result.exit_code == 0, result.output
    cries, quiets = sorted((out / "crying").iterdir()), sorted((out / "quiet").iterdir())
    assert len(cries) == len(quiets) == 10
    assert {path.name.split("_nohash_")[0].split("-")[3] for path in cries} == {"000002880000"}
    for path in quiets:
        assert np.sqrt(np.mean(clip(path).astype(float) ** 2)) > 100  # the room is there
    by_path = {row["path"]: row for row in rows(out)}
    assert all(float(by_path[f"quiet/{path.name}"]["level_dbfs"]) < -55 for path in quiets)
    assert all(float(by_path[f"crying/{path.name}"]["level_dbfs"]) > -50 for path in cries)
    assert "adds no clips" not in result.output


def test_a_rest_that_gives_no_clips_says_why(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(90, 8_000, 1), 8_000)
    label(recording, "40\t50\tcrying\n")
    result = tears("slice", recording, "--out", tmp_path / "near", "--rest", "quiet")
    assert result.exit_code == 0, result.output
    assert "--rest quiet adds no clips: all that is not labelled is within 60 s of a label" in result.output
    assert {row["label"] for row in rows(tmp_path / "near")} == {"crying"}

    muted = write_wav(tmp_path / "muted.wav", np.zeros(60 * 8_000, np.int16), 8_000)
    result = tears("slice", recording, muted, "--out", tmp_path / "muted", "--rest", "quiet")
    assert result.exit_code == 0, result.output
    assert "--rest quiet adds no clips: what is not labelled is digital silence" in result.output


def test_no_clip_is_cut_across_the_border_of_a_label(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(30, RATE, 1), RATE)
    label(recording, "0\t4.9\tcrying\n5\t14.99\tquiet\n")
    assert tears("slice", recording, "--out", tmp_path / "out").exit_code == 0
    assert [row["path"] for row in rows(tmp_path / "out")] == ["quiet/phone_nohash_0.wav"]


def test_slicing_again_is_refused_unless_it_replaces(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(60, RATE, 1), RATE)
    other = write_wav(tmp_path / "other.wav", room(10, RATE, 2), RATE)
    label(recording, "0\t20\tcrying\n30\t50\tquiet\n")
    label(other, "0\t10\tquiet\n")
    out = tmp_path / "out"
    assert tears("slice", recording, other, "--out", out).exit_code == 0
    result = tears("slice", recording, "--out", out)
    assert result.exit_code == 1
    assert "--replace" in result.output

    label(recording, "0\t10\tcrying\n")
    assert tears("slice", recording, "--out", out, "--replace").exit_code == 0
    left = {path.relative_to(out).as_posix() for path in out.rglob("*.wav")}
    assert left == {f"crying/phone_nohash_{k}.wav" for k in (0, 1)} | {f"quiet/other_nohash_{k}.wav" for k in (0, 1)}
    assert {row["path"] for row in rows(out)} == left


def test_a_bout_that_turns_out_longer_leaves_no_clips_of_its_shorter_self(tears: Tears, night: Path) -> None:
    when = ("--to", "02:14", "--timezone", "Europe/Berlin", "--replace", "crying")
    out = night.parent / "clips"
    assert tears("label", night, "--from", "02:13:40", *when).exit_code == 0
    assert tears("slice", night, "--out", out).exit_code == 0
    (first,) = {path.name.split("_nohash_")[0] for path in out.rglob("*.wav")}
    # Now it begins in the file before, and so has another name.
    assert tears("label", night, "--from", "02:13:10", *when).exit_code == 0
    assert tears("slice", night, "--out", out, "--replace").exit_code == 0
    (second,) = {path.name.split("_nohash_")[0] for path in out.rglob("*.wav")}
    assert first != second
    assert {row["path"] for row in rows(out)} == {path.relative_to(out).as_posix() for path in out.rglob("*.wav")}


@pytest.mark.parametrize("cells", ["crying/b_nohash_0.wav,crying,b.wav,0,-58,45,0,too many", "crying/b_nohash_0.wav"])
@pytest.mark.parametrize("row", [1, 3])
def test_a_row_of_too_many_or_too_few_cells_is_named_and_nothing_is_replaced(
    tears: Tears, tmp_path: Path, cells: str, row: int
) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(10, RATE, 1), RATE)
    label(recording, "0\t10\tcrying\n")
    out = tmp_path / "out"
    assert tears("slice", recording, "--out", out).exit_code == 0
    lines = (out / "slices.csv").read_text().splitlines()
    lines.insert(row, cells)
    (out / "slices.csv").write_text("\n".join(lines))
    before = {path: path.read_bytes() for path in out.rglob("*.*")}
    result = tears("slice", recording, "--out", out, "--replace")
    assert result.exit_code == 1
    assert f"slices.csv: row {row} has not 7 cells" in result.output
    assert {path: path.read_bytes() for path in out.rglob("*.*")} == before


@pytest.fixture
def bout_of_two_files(tears: Tears, night: Path) -> tuple[Path, Path, Path]:
    """Its first file, its second, and the folder of its clips: of the first three, of the second five."""
    when = ("--from", "02:13:15", "--to", "02:14", "--timezone", "Europe/Berlin")
    assert tears("label", night, *when, "crying").exit_code == 0
    out = night.parent / "clips"
    assert tears("slice", night, "--out", out).exit_code == 0
    first, second = (Path(str(path).removesuffix(".labels.txt")) for path in sorted(night.rglob("*.labels.txt")))
    assert [row["recording"] for row in rows(out)] == [first.name] * 3 + [second.name] * 5
    return first, second, out


def content(out: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("given", "missing"), [(0, 1), (1, 0)], ids=["its begin", "its end"])
def test_a_part_of_a_bout_replaces_nothing(
    tears: Tears, bout_of_two_files: tuple[Path, Path, Path], given: int, missing: int
) -> None:
    out = bout_of_two_files[2]
    before = content(out)
    result = tears("slice", bout_of_two_files[given], "--out", out, "--replace")
    assert result.exit_code == 1
    first, other = bout_of_two_files[0].stem, bout_of_two_files[missing].name
    assert f"{first}_nohash_{3 * missing}.wav was cut from {other}, and the clips of {first} are" in result.output
    assert f"give {other} too, or name another --out" in result.output
    assert content(out) == before


def test_clips_of_a_recording_that_was_moved_away_are_not_deleted(
    tears: Tears, bout_of_two_files: tuple[Path, Path, Path]
) -> None:
    first, second, out = bout_of_two_files
    # One of them was put under another label by hand.
    (out / "noise").mkdir()
    for number in range(3, 8):
        clip_of_second = out / "crying" / f"{first.stem}_nohash_{number}.wav"
        clip_of_second.rename(out / ("noise" if number == 3 else "crying") / clip_of_second.name)
    second.rename(out.parent / second.name)
    before = content(out)
    result = tears("slice", first.parent, "--out", out, "--replace")
    assert result.exit_code == 1
    assert f"give {second.name} too" in result.output
    assert content(out) == before

    for path in out.glob("crying/*_nohash_[4-7].wav"):
        path.unlink()
    assert f"noise/{first.stem}_nohash_3.wav was cut from" in tears("slice", first, "--out", out, "--replace").output
    (out / "noise" / f"{first.stem}_nohash_3.wav").unlink()
    assert tears("slice", first, "--out", out, "--replace").exit_code == 0


def test_a_whole_bout_is_replaced_and_each_clip_is_listed_once(
    tears: Tears, bout_of_two_files: tuple[Path, Path, Path]
) -> None:
    first, second, out = bout_of_two_files
    before = content(out)
    (out / "crying" / f"{first.stem}_nohash_7.wav").unlink()
    assert tears("slice", second, first, "--out", out, "--replace").exit_code == 0
    assert content(out) == before


def test_what_cannot_be_sliced_is_named_with_its_cure(tears: Tears, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    phone = write_wav(tmp_path / "a" / "phone.wav", room(10, RATE, 1), RATE)
    twin = write_wav(tmp_path / "b" / "phone.wav", room(10, RATE, 2), RATE)
    out = tmp_path / "out"
    assert "holds no recordings" in tears("slice", tmp_path / "empty", "--out", out).output
    assert "tears label" in tears("slice", phone, "--out", out).output
    label(phone, "0\t4\tcrying\n")
    assert "no label holds a whole clip" in tears("slice", phone, "--out", out).output
    label(phone, "20\t30\tcrying\n")
    assert "ends after 10.0 s, before its label" in tears("slice", phone, "--out", out).output
    label(phone, "0\t10\tcrying\n")
    assert "rename one of them" in tears("slice", phone, twin, "--out", out).output
    assert "did you mean 'quiet'" in tears("slice", phone, "--out", out, "--rest", "quite").output
    assert not out.exists()


def test_clips_below_the_folder_of_the_recordings_are_not_sliced(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(20, RATE, 1), RATE)
    label(recording, "0\t20\tcrying\n")
    out = tmp_path / "clips"
    assert tears("slice", tmp_path, "--out", out).exit_code == 0
    of_a_clip = out / "crying" / "phone_nohash_0.wav"
    label(of_a_clip, "0\t5\tcrying\n")
    result = tears("slice", tmp_path, "--out", out, "--replace")
    assert result.exit_code == 0, result.output
    assert {row["recording"] for row in rows(out)} == {"phone.wav"}
    assert "rename the recording" in tears("slice", of_a_clip, "--out", out).output


@pytest.mark.parametrize("rate_hz", [2_000, 768_000])
def test_a_rate_that_no_clip_is_cut_from_is_named_with_its_cure(tears: Tears, tmp_path: Path, rate_hz: int) -> None:
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

    # Where nothing is cut from it, it does no harm.
    assert tears("slice", odd, phone, "--out", out).exit_code == 0


@pytest.mark.parametrize("name", ["night.flac", "night.wav"])
def test_a_truncated_recording_is_named_and_nothing_is_left(tears: Tears, tmp_path: Path, name: str) -> None:
    recording = tmp_path / name
    soundfile.write(recording, crying(20, 1, rate_hz=16_000), 16_000, subtype="PCM_16")
    recording.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    label(recording, "0\t20\tcrying\n")
    result = tears("slice", recording, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert name in result.output
    assert "truncated" in result.output or "cannot be read at" in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_in_the_place_of_a_clip_is_named_and_no_other_clip_is_written(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(20, RATE, 1), RATE)
    label(recording, "0\t20\tcrying\n")
    out = tmp_path / "out"
    in_the_way = out / "crying" / "phone_nohash_2.wav"
    in_the_way.mkdir(parents=True)
    result = tears("slice", recording, "--out", out)
    assert result.exit_code == 1
    assert "cannot write" in result.output
    assert [path for path in out.rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(20, RATE, 1), RATE)
    label(recording, "0\t20\tcrying\n")
    out = tmp_path / "out"

    # The third clip's file meets the limit.
    done = run_module("tears.cli", "slice", str(recording), "--out", str(out), largest_file_bytes=200_000)

    assert done.returncode == 1, done.stderr
    assert "cannot write" in done.stderr
    assert not out.exists()
