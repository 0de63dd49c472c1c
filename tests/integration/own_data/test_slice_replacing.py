"""`tears slice --replace`: which older clips are replaced, and which are kept."""

from pathlib import Path

import pytest
from integration.own_data.conftest import RATE, Tears, listed_slices, write_labels
from support.sound.own_recordings import room, write_wav


def test_slicing_again_is_refused_unless_it_replaces(tears: Tears, tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(60, RATE, 1), RATE)
    other = write_wav(tmp_path / "other.wav", room(10, RATE, 2), RATE)
    write_labels(recording, "0\t20\tcrying\n30\t50\tquiet\n")
    write_labels(other, "0\t10\tquiet\n")
    out = tmp_path / "out"
    assert tears("slice", recording, other, "--out", out).exit_code == 0
    result = tears("slice", recording, "--out", out)
    assert result.exit_code == 1
    assert "--replace" in result.output

    write_labels(recording, "0\t10\tcrying\n")
    assert tears("slice", recording, "--out", out, "--replace").exit_code == 0
    left = {path.relative_to(out).as_posix() for path in out.rglob("*.wav")}
    assert left == {f"crying/phone_nohash_{k}.wav" for k in (0, 1)} | {f"quiet/other_nohash_{k}.wav" for k in (0, 1)}
    assert {row["path"] for row in listed_slices(out)} == left


def test_no_old_clips_are_left_when_an_episode_is_labelled_longer(tears: Tears, night: Path) -> None:
    when = ("--to", "02:14", "--timezone", "Europe/Berlin", "--replace", "crying")
    out = night.parent / "clips"
    assert tears("label", night, "--from", "02:13:40", *when).exit_code == 0
    assert tears("slice", night, "--out", out).exit_code == 0
    (first,) = {path.name.split("_nohash_")[0] for path in out.rglob("*.wav")}
    # Now it begins in the file before, so its clips have another name.
    assert tears("label", night, "--from", "02:13:10", *when).exit_code == 0
    assert tears("slice", night, "--out", out, "--replace").exit_code == 0
    (second,) = {path.name.split("_nohash_")[0] for path in out.rglob("*.wav")}
    assert first != second
    assert {row["path"] for row in listed_slices(out)} == {
        path.relative_to(out).as_posix() for path in out.rglob("*.wav")
    }


@pytest.mark.parametrize("cells", ["crying/b_nohash_0.wav,crying,b.wav,0,-58,45,0,too many", "crying/b_nohash_0.wav"])
@pytest.mark.parametrize("row", [1, 3])
def test_a_row_with_too_many_or_too_few_cells_is_named_and_nothing_is_replaced(
    tears: Tears, tmp_path: Path, cells: str, row: int
) -> None:
    recording = write_wav(tmp_path / "phone.wav", room(10, RATE, 1), RATE)
    write_labels(recording, "0\t10\tcrying\n")
    out = tmp_path / "out"
    assert tears("slice", recording, "--out", out).exit_code == 0
    lines = (out / "slices.csv").read_text().splitlines()
    lines.insert(row, cells)
    (out / "slices.csv").write_text("\n".join(lines))
    before = {path: path.read_bytes() for path in out.rglob("*.*")}
    result = tears("slice", recording, "--out", out, "--replace")
    assert result.exit_code == 1
    assert f"slices.csv: row {row} does not have 7 cells" in result.output
    assert {path: path.read_bytes() for path in out.rglob("*.*")} == before


@pytest.fixture
def episode_of_two_files(tears: Tears, night: Path) -> tuple[Path, Path, Path]:
    """Return its two files, and the folder of its clips: three of the first file, five of the second."""
    when = ("--from", "02:13:15", "--to", "02:14", "--timezone", "Europe/Berlin")
    assert tears("label", night, *when, "crying").exit_code == 0
    out = night.parent / "clips"
    assert tears("slice", night, "--out", out).exit_code == 0
    first, second = (Path(str(path).removesuffix(".labels.txt")) for path in sorted(night.rglob("*.labels.txt")))
    assert [row["recording"] for row in listed_slices(out)] == [first.name] * 3 + [second.name] * 5
    return first, second, out


def content(out: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("given", "missing"), [(0, 1), (1, 0)], ids=["begin", "end"])
def test_a_part_of_an_episode_replaces_nothing(
    tears: Tears, episode_of_two_files: tuple[Path, Path, Path], given: int, missing: int
) -> None:
    out = episode_of_two_files[2]
    before = content(out)
    result = tears("slice", episode_of_two_files[given], "--out", out, "--replace")
    assert result.exit_code == 1
    first, other = episode_of_two_files[0].stem, episode_of_two_files[missing].name
    assert f"{first}_nohash_{3 * missing}.wav was cut from {other}, and the clips of {first} are" in result.output
    assert f"give {other} too, or name another --out" in result.output
    assert content(out) == before


def test_clips_of_a_recording_that_was_moved_away_are_not_deleted(
    tears: Tears, episode_of_two_files: tuple[Path, Path, Path]
) -> None:
    first, second, out = episode_of_two_files
    # One clip was put under another label by hand.
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


def test_a_whole_episode_is_replaced_and_each_clip_is_listed_once(
    tears: Tears, episode_of_two_files: tuple[Path, Path, Path]
) -> None:
    first, second, out = episode_of_two_files
    before = content(out)
    (out / "crying" / f"{first.stem}_nohash_7.wav").unlink()
    assert tears("slice", second, first, "--out", out, "--replace").exit_code == 0
    assert content(out) == before
