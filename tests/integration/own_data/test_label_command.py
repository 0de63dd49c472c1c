"""`tears label`: a parent's times become label files."""

from pathlib import Path

import pytest
from integration.own_data.conftest import Tears
from support.sound.own_recordings import at, room, write_session, write_wav


def labels(folder: Path) -> dict[str, str]:
    """Return the content of each label file, by the first sample of its recording."""
    return {path.name.split("-")[3]: path.read_text() for path in sorted(folder.rglob("*.labels.txt"))}


def label(tears: Tears, folder: Path, *words: str) -> None:
    result = tears("label", folder, "--timezone", "Europe/Berlin", *words)
    assert result.exit_code == 0, result.output


def test_times_of_the_clock_label_every_file_that_they_touch(tears: Tears, night: Path) -> None:
    result = tears("label", night, "--from", "02:13", "--to", "02:14:10", "--timezone", "Europe/Berlin", "crying")
    assert result.exit_code == 0, result.output
    assert "crying on 2026-11-23 from 02:13:00 to 02:14:10 CET: 1:10 min in 4 recordings" in result.output
    # The tag in the file has the start to the millisecond, its name only to the second.
    assert labels(night) == {
        "000002400000": "29.500000\t30.000000\tcrying\n",
        "000002880000": "0.000000\t30.000000\tcrying\n",
        "000003360000": "0.000000\t30.000000\tcrying\n",
        "000003840000": "0.000000\t9.500000\tcrying\n",
    }


def test_a_renamed_recording_still_knows_its_time(tears: Tears, night: Path, tmp_path: Path) -> None:
    one = next(night.rglob("*-000002880000-*.flac"))
    kept = one.rename(tmp_path / "the worst night.flac")
    label(tears, kept, "--from", "02:13:05", "--to", "02:13:10", "crying")
    assert (tmp_path / "the worst night.flac.labels.txt").read_text() == "4.500000\t9.500000\tcrying\n"


def test_the_part_of_a_label_that_was_not_recorded_is_named(tears: Tears, night: Path) -> None:
    result = tears("label", night, "--from", "02:15", "--to", "02:17", "--timezone", "Europe/Berlin", "quiet")
    assert "(0:60 min not recorded)" in result.output or "(1:00 min not recorded)" in result.output


def test_a_label_belongs_to_one_room(tears: Tears, night: Path) -> None:
    begins = at("2026-11-23T02:10:00.500+01:00")
    write_session(night, room(360, 16_000, 3), begins_at_seconds=begins, rate_hz=16_000, mic="kitchen", session="7e")
    words = ("--from", "02:13", "--to", "02:14", "--timezone", "Europe/Berlin", "crying")
    result = tears("label", night, *words)
    assert result.exit_code == 1
    assert "kitchen and nursery were recorded then" in result.output
    assert not list(night.rglob("*.txt"))
    assert str(night / "nursery") in result.output
    assert tears("label", night / "nursery", *words).exit_code == 0


def test_times_of_another_zone_mean_another_night(tears: Tears, night: Path) -> None:
    result = tears("label", night, "--from", "02:13", "--to", "02:14", "--timezone", "UTC", "crying")
    assert result.exit_code == 1
    assert "the recordings are from 2026-11-23 01:10:00 to 2026-11-23 01:16:00 UTC" in result.output
    assert labels(night) == {}


def test_a_second_label_of_the_same_moments_is_refused_and_nothing_is_written(tears: Tears, night: Path) -> None:
    label(tears, night, "--from", "02:13", "--to", "02:14", "crying")
    before = labels(night)
    words = ["--from", "02:12", "--to", "02:13:10", "--timezone", "Europe/Berlin", "quiet"]
    result = tears("label", night, *words)
    assert result.exit_code == 1
    assert "contradict each other" in result.output
    assert labels(night) == before

    label(tears, night, "--replace", *words)
    assert labels(night)["000002880000"] == "0.000000\t9.500000\tquiet\n9.500000\t30.000000\tcrying\n"


def test_offsets_label_a_recording_that_does_not_say_its_time(tears: Tears, tmp_path: Path) -> None:
    phone = write_wav(tmp_path / "phone.wav", room(60, 8_000, 1), 8_000)
    assert tears("label", phone, "--from", "+10", "--to", "+0:25.5", "crying").exit_code == 0
    result = tears("label", phone, "--from", "22:05:30", "--to", "22:07", "--starts", "22:05", "quiet")
    assert result.exit_code == 0, result.output
    content = (tmp_path / "phone.wav.labels.txt").read_text()
    assert content == "10.000000\t25.500000\tcrying\n30.000000\t60.000000\tquiet\n"


def test_without_times_a_recording_is_labelled_from_end_to_end(tears: Tears, tmp_path: Path) -> None:
    write_wav(tmp_path / "cries" / "a.wav", room(6, 8_000, 1), 8_000)
    write_wav(tmp_path / "cries" / "b.wav", room(7, 8_000, 2), 8_000)
    assert tears("label", tmp_path / "cries", "crying").exit_code == 0
    assert (tmp_path / "cries" / "b.wav.labels.txt").read_text() == "0.000000\t7.000000\tcrying\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "22:05", "--to", "22:06", "crying"), "--starts"),
        (("--from", "+5", "crying"), "both --from and --to"),
        (("--from", "+5", "--to", "22:06", "crying"), "in the same form"),
        (("--from", "+70", "--to", "+80", "crying"), "there is nothing"),
        (("--from", "+8", "--to", "+5", "crying"), "there is nothing"),
        (("--from", "+5", "--to", "+8", "criyng"), "did you mean 'crying'"),
        (("--from", "5", "--to", "+8", "crying"), "is not a time"),
        (("--from", "22:05", "--to", "22:06", "--timezone", "Berlin", "crying"), "Europe/Berlin"),
        (("--from", "22:05", "--to", "22:06", "--starts", "23:00", "crying"), "is not in it"),
        (("--from", "22:05", "--to", "22:06", "--starts", "22:05", "--timezone", "Mars/X", "crying"), "leave --on"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_their_cure(
    tears: Tears, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    phone = write_wav(tmp_path / "phone.wav", room(60, 8_000, 1), 8_000)
    result = tears("label", phone, *words)
    assert result.exit_code == 1
    assert says in result.output
    assert not list(tmp_path.glob("*.labels.txt"))


@pytest.mark.parametrize("times", [(), ("--from", "+1", "--to", "+8")], ids=["no times", "times since the start"])
@pytest.mark.parametrize(
    "words",
    [("--on", "2026-11-23"), ("--timezone", "Europe/Berlin"), ("--starts", "22:05")],
    ids=lambda words: words[0],
)
def test_options_of_the_clock_are_refused_without_times_of_the_clock(
    tears: Tears, tmp_path: Path, words: tuple[str, ...], times: tuple[str, ...]
) -> None:
    phone = write_wav(tmp_path / "phone.wav", room(60, 8_000, 1), 8_000)
    result = tears("label", phone, *words, *times, "crying")
    assert result.exit_code == 1
    assert "give --from and --to, as 02:13" in result.output
    assert not list(tmp_path.glob("*.labels.txt"))


def test_clips_among_the_recordings_are_not_labelled(tears: Tears, tmp_path: Path) -> None:
    write_wav(tmp_path / "phone.wav", room(6, 8_000, 1), 8_000)
    write_wav(tmp_path / "clips" / "crying" / "phone_nohash_0.wav", room(5, 22_050, 1))
    assert tears("label", tmp_path, "crying").exit_code == 0
    assert [path.name for path in tmp_path.rglob("*.labels.txt")] == ["phone.wav.labels.txt"]

    result = tears("label", tmp_path / "clips", "crying")
    assert result.exit_code == 1
    assert "holds only clips, such as phone_nohash_0.wav" in result.output


def test_a_file_that_is_not_a_recording_is_named(tears: Tears, tmp_path: Path) -> None:
    text = tmp_path / "notes.wav"
    text.write_text("02:13 crying")
    result = tears("label", text, "crying")
    assert result.exit_code == 1
    assert "notes.wav cannot be read as a recording" in result.output


def test_a_file_that_cannot_be_written_leaves_nothing_half_written(tears: Tears, tmp_path: Path) -> None:
    folder = tmp_path / "cries"
    for name in ("a", "b"):
        write_wav(folder / f"{name}.wav", room(6, 8_000, 1), 8_000)
    # A folder is in the place of the second file, and no file can replace it.
    (folder / ".b.wav.labels.txt.part").mkdir()
    result = tears("label", folder, "crying")
    assert result.exit_code == 1
    assert "b.wav.labels.txt" in result.output
    assert not list(folder.glob("*.labels.txt"))
    assert not (folder / ".a.wav.labels.txt.part").exists()
