"""Our forward pass of mn04_as against the answers of the original, which lie beside its weights."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tears.own_data.sounds.named_signals import named_signals
from tears.trainer.errors import TeacherError
from tears.trainer.evaluation.scorers import MN04, ScorerFile
from tears.trainer.manifest import several_paths
from tears.trainer.teachers.mn04 import Mn04, at_level
from tears.trainer.teachers.mn04_outputs import MN04_BABY_CRY, MN04_CLASSES, MN04_CRYING, MN04_NEAR_CRYING, MN04_WHIMPER

# The original's answers are in float32 too, but its operations are summed in another order.
TOLERANCE = 1e-2
# The content of an .npy, which holds one array without a name.
ONE_ARRAY = (
    b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}".ljust(117) + b"\n" + bytes(4)
)


@pytest.fixture(scope="module")
def mn04(weights: Path) -> Mn04:
    return Mn04(weights)


@pytest.fixture(scope="module")
def class_names(weights: Path) -> list[str]:
    with weights.with_name("classes.csv").open(newline="") as lines:
        return [row["display_name"] for row in csv.DictReader(lines)]


def test_it_answers_as_the_original_does(weights: Path, mn04: Mn04) -> None:
    dataset = os.environ.get("TEARS_DATASET_DIR")
    if not dataset:
        pytest.skip("TEARS_DATASET_DIR names no dataset with the clips of reference.npz")
    reference = np.load(weights.with_name("reference.npz"))
    assert len(reference["paths"]) >= 20

    folders = several_paths(dataset)
    for k, path in enumerate(reference["paths"]):
        clip = next(folder / path for folder in folders if (folder / path).exists())
        waveform, _ = soundfile.read(clip, dtype="float32")
        mel = mn04.mel_frames(at_level(waveform, None))
        judgement = mn04.judge(waveform[np.newaxis], level_dbfs=None)

        assert mel.shape == (128, 500), path
        assert mel[:, :8] == pytest.approx(reference["mel_first_8_frames"][k], abs=TOLERANCE), path
        assert judgement.embeddings[0] == pytest.approx(reference["embeddings"][k], abs=TOLERANCE), path
        assert judgement.logits[0] == pytest.approx(reference["logits"][k], abs=TOLERANCE), path
        assert judgement.steps.mean(axis=1) == pytest.approx(judgement.embeddings, abs=1e-4), path


def test_several_windows_get_the_answers_of_each_alone_and_the_level_does_not_matter(mn04: Mn04) -> None:
    rng = np.random.default_rng(1)
    windows = rng.normal(0, [[0.1], [0.001]], (2, 110_250)).astype(np.float32)

    together = mn04.judge(windows)

    assert together.logits.shape == (2, MN04_CLASSES)
    assert together.logits[1] == pytest.approx(mn04.judge(windows[1:] * 8).logits[0], abs=TOLERANCE)


def test_as_a_scorer_it_knows_a_call_like_a_babys_from_a_hiss_at_any_level(weights: Path) -> None:
    scorer = ScorerFile(MN04, weights).load()
    cry, hiss = (np.round(named_signals()[name] * 8000).astype(np.int16) for name in ("cry-like", "hiss"))

    assert 0 < scorer.score(hiss) < scorer.score(cry) < 1
    assert scorer.score(cry // 8) == pytest.approx(scorer.score(cry), rel=0.1)


def test_the_numbers_of_its_classes_have_these_names(class_names: list[str]) -> None:
    assert len(class_names) == MN04_CLASSES
    assert class_names[MN04_CRYING] == "Crying, sobbing"
    assert class_names[MN04_BABY_CRY] == "Baby cry, infant cry"
    assert class_names[MN04_WHIMPER] == "Whimper"


def test_what_is_near_crying_is_named_so(class_names: list[str]) -> None:
    assert {class_names[number] for number in MN04_NEAR_CRYING} == {
        *("Child speech, kid speaking", "Babbling", "Shout", "Yell", "Children shouting", "Screaming"),
        *("Laughter", "Baby laughter", "Giggle", "Snicker", "Belly laugh", "Chuckle, chortle"),
        *("Crying, sobbing", "Baby cry, infant cry", "Whimper", "Wail, moan"),
        *("Singing", "Child singing", "Humming", "Groan", "Children playing", "Howl", "Whimper (dog)"),
        *("Cat", "Purr", "Meow", "Hiss", "Caterwaul", "Goat", "Bleat", "Sheep"),
        *("Insect", "Cricket", "Mosquito", "Fly, housefly", "Buzz", "Bee, wasp, etc."),
        *("Lullaby", "Doorbell", "Squeak", "Alarm", "Alarm clock", "Siren", "Beep, bleep", "Creak"),
    }


def test_a_file_that_is_no_archive_is_an_error_with_the_cure(tmp_path: Path) -> None:
    path = tmp_path / "mn04_as.npz"
    cure = r"mn04_as\.npz cannot be read as the weights of mn04_as: .+; set TEARS_MN04 to mn04_as\.npz"
    with pytest.raises(TeacherError, match=cure):
        Mn04(path)
    for content in (b"", b"not an archive", b"PK\x03\x04 and then nothing", ONE_ARRAY):
        path.write_bytes(content)
        with pytest.raises(TeacherError, match=cure):
            Mn04(path)


def test_an_archive_of_other_arrays_is_an_error_with_the_cure(tmp_path: Path, weights: Path) -> None:
    with np.load(weights) as arrays:
        whole = {name: arrays[name] for name in arrays.files}
    last = "classifier.5.weight"
    without = {name: array for name, array in whole.items() if name != last}
    for arrays in ({"mel_basis": whole["mel_basis"]}, without, whole | {last: whole[last][:, :5]}):
        np.savez(tmp_path / "other.npz", **arrays)
        with pytest.raises(TeacherError, match=r"other\.npz cannot be read .* set TEARS_MN04 to mn04_as\.npz"):
            Mn04(tmp_path / "other.npz")
