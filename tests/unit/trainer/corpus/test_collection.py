import csv
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from unit.trainer.corpus.conftest import MakeDeb, MakeSound

from tears.trainer.corpus.__main__ import main
from tears.trainer.corpus.collection import collect, fair_share, is_held_out, kind_of_sound, may_be_crying
from tears.trainer.corpus.packages import PACKAGE_COLUMNS, Package
from tears.trainer.corpus.segments import CorpusSegment
from tears.trainer.corpus.segments_file import SegmentsWriter
from tears.trainer.errors import CorpusError


def _rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "segments.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "path",
    ["sfx/baby.wav", "BabyLaugh1.ogg", "units/crybaby_2.wav", "x/infant-01.wav", "Whimper.wav", "girl_sobbing.mp3"],
)
def test_a_name_with_a_word_for_a_baby_or_for_crying_is_suspect(path: str) -> None:
    assert may_be_crying(path)


@pytest.mark.parametrize("path", ["infantry/attack.wav", "crystal.ogg", "sober.wav", "sweep.wav", "battlecruiser.wav"])
def test_a_name_that_only_resembles_such_a_word_is_not_suspect(path: str) -> None:
    assert not may_be_crying(path)


def test_in_a_mixed_package_the_path_decides_the_kind() -> None:
    assert kind_of_sound("data/music/boss.ogg", "mixed") == "music"
    assert kind_of_sound("sounds/voices/Pirate/Laugh.ogg", "mixed") == "speech"
    assert kind_of_sound("stamps/animals/owl_desc_nl.ogg", "mixed") == "speech"
    assert kind_of_sound("stamps/animals/birds/owl.ogg", "mixed") == "animals"
    assert kind_of_sound("sounds/door.ogg", "mixed") == "effects"
    assert kind_of_sound("data/music/boss.ogg", "speech") == "speech"


def test_a_recording_is_held_out_by_its_name_or_its_language() -> None:
    held_out = frozenset({"dog.ogg", "fr"})

    assert is_held_out("usr/share/dog.ogg", held_out)
    assert is_held_out("usr/share/pak.zip!dog.ogg", held_out)
    assert is_held_out("usr/share/owl_desc_fr.ogg", held_out)
    assert not is_held_out("usr/share/hotdog.ogg", held_out)
    assert not is_held_out("usr/share/fr.ogg", held_out)


def test_a_package_becomes_rows_with_their_origin(
    make_deb: MakeDeb, sound: MakeSound, debs: Path, tmp_path: Path, zipped: Callable[[dict[str, bytes]], bytes]
) -> None:
    make_deb(
        "game",
        {
            "usr/music/long.wav": sound(21, seed=1),
            "usr/pak.pk3": zipped({"sound/step.wav": sound(0.5, seed=2, rate_hz=44_100)}),
            "usr/copy.wav": sound(0.5, seed=2, rate_hz=44_100),
            "usr/baby.wav": sound(1, seed=3),
            "usr/out/beep.wav": sound(1, seed=4),
            "usr/dog.wav": sound(1, seed=5),
            "usr/broken.ogg": b"no sound",
            "usr/unknown.raw": bytes(50_000),
        },
    )
    package = Package("game", "1.0", "mixed", "GPL-2", leave_out=("*/out/*",))

    with SegmentsWriter(tmp_path / "out") as writer:
        tally = collect([package], debs, writer, held_out=frozenset({"dog.wav"}))

    rows = _rows(tmp_path / "out")
    segments = np.load(tmp_path / "out" / "segments.npy", mmap_mode="r")
    assert segments.shape == (5, 110_250)
    assert segments.dtype == np.int16
    assert [row["row"] for row in rows] == ["0", "1", "2", "3", "4"]
    assert {(row["package"], row["version"], row["licence"]) for row in rows} == {("game", "1.0", "GPL-2")}
    music = sorted(float(row["offset_seconds"]) for row in rows if row["file"] == "usr/music/long.wav")
    assert music == pytest.approx([0, 5.333, 10.667, 16], abs=0.001)
    (step,) = [row for row in rows if row["kind"] == "effects"]
    assert step["file"] in {"usr/pak.pk3!sound/step.wav", "usr/copy.wav"}
    assert (step["native_rate_hz"], step["channels"], step["length_samples"]) == ("44100", "1", "11025")
    assert segments[int(step["row"]), :11_025].any()
    assert not segments[int(step["row"]), 11_025:].any()
    assert writer.duplicates == 1
    assert tally.files == {
        "left out by the list": 1,
        "may be crying, by its name": 1,
        "held out for testing": 1,
        "not decodable": 1,
        "raw, of unknown rate": 1,
    }


def test_one_package_and_one_long_file_do_not_dominate(
    make_deb: MakeDeb, sound: MakeSound, debs: Path, tmp_path: Path
) -> None:
    make_deb("game", {f"usr/{k}.wav": sound(30, seed=k) for k in range(4)})

    with SegmentsWriter(tmp_path / "out") as writer:
        collect([Package("game", "1.0", "effects", "GPL-2")], debs, writer, per_package=9)

    files = [row["file"] for row in _rows(tmp_path / "out")]
    assert sorted(files.count(f"usr/{k}.wav") for k in range(4)) == [2, 2, 2, 2]


def test_a_long_track_of_music_gives_fewer_segments_than_another_sound_of_that_length(
    make_deb: MakeDeb, sound: MakeSound, debs: Path, tmp_path: Path
) -> None:
    make_deb("game", {"usr/music/track.wav": sound(60, seed=1), "usr/rain.wav": sound(60, seed=2)})

    with SegmentsWriter(tmp_path / "out") as writer:
        collect([Package("game", "1.0", "mixed", "GPL-2")], debs, writer)

    assert writer.counts == {("game", "music"): 8, ("game", "effects"): 12}


def test_long_files_share_the_segments_that_short_ones_do_not_use() -> None:
    assert fair_share([1] * 10 + [100, 100], limit=30, most=24) == 10
    assert fair_share([100, 100], limit=1000, most=24) == 24
    assert fair_share([1] * 50, limit=30, most=24) == 1


def test_few_files_of_one_kind_come_before_many_of_another(
    make_deb: MakeDeb, sound: MakeSound, debs: Path, tmp_path: Path
) -> None:
    steps = {f"usr/step{k}.wav": sound(0.4, seed=k) for k in range(30)}
    make_deb("game", steps | {"usr/voices/hi.wav": sound(0.4, seed=90), "usr/voices/ho.wav": sound(0.4, seed=91)})

    with SegmentsWriter(tmp_path / "out") as writer:
        collect([Package("game", "1.0", "mixed", "GPL-2", limit=6)], debs, writer)

    assert writer.counts == {("game", "speech"): 2, ("game", "effects"): 4}


def test_the_same_packages_give_the_same_corpus(
    make_deb: MakeDeb, sound: MakeSound, debs: Path, tmp_path: Path
) -> None:
    make_deb("game", {f"usr/{k}.wav": sound(0.5, seed=k) for k in range(8)})
    for name in ("a", "b"):
        with SegmentsWriter(tmp_path / name) as writer:
            collect([Package("game", "1.0", "effects", "GPL-2", limit=5)], debs, writer)

    for name in ("segments.npy", "segments.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_command_skips_a_missing_package_with_a_warning_and_counts_it(
    make_deb: MakeDeb,
    sound: MakeSound,
    debs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_deb("game", {"usr/door.wav": sound(1)})
    packages = tmp_path / "packages.csv"
    packages.write_text(f"{','.join(PACKAGE_COLUMNS)}\ngone,1.0,music,GPL-2,,,\ngame,1.0,effects,CC0,,,\n")
    out = tmp_path / "out"

    with caplog.at_level(logging.INFO):
        assert main(["--out", str(out), "--packages", str(packages), "--debs", str(debs)]) == 0

    assert "gone is skipped: gone cannot be fetched" in caplog.text
    assert "skipped: 1 packages: gone" in capsys.readouterr().out
    assert [row["licence"] for row in _rows(out)] == ["CC0"]


def test_an_exception_leaves_no_incomplete_files(tmp_path: Path) -> None:
    segment = CorpusSegment(np.ones(8000, np.int16), 0.0, 22_050, 1)

    def fail() -> None:
        with SegmentsWriter(tmp_path / "out") as writer:
            writer.append(segment, "game", "1.0", "usr/door.wav", "effects", "GPL-2")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_is_named_with_the_cure(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    # Every write to /dev/full fails as on a full disk.
    (full / "segments.npy.partial").symlink_to("/dev/full")

    def write() -> None:
        with SegmentsWriter(full) as writer:
            for k in range(3):
                writer.append(
                    CorpusSegment(np.full(8000, k + 1, np.int16), 0.0, 22_050, 1), "g", "1", "f", "effects", "CC0"
                )

    with pytest.raises(CorpusError, match=r"full cannot be written \(No space left on device\).*--out"):
        write()
    assert list(full.iterdir()) == []
