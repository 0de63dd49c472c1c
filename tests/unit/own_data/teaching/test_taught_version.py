"""A taught version on the disk: put into place, taken back, and refused where it does not belong."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.taught_homes import SHIPPED, THRESHOLD, home_with_a_false_alarm

from tears.own_data.errors import FolderBusyError, TeachingError
from tears.own_data.teaching.guard_set import GuardSet, read_guard_set
from tears.own_data.teaching.lesson import Lesson, Refusal, hold_lesson
from tears.own_data.teaching.taught_use import take_taught_back, use_taught
from tears.own_data.teaching.taught_version import read_lesson_note, write_taught_version
from tears.own_data.versions.history import read_history
from tears.own_data.versions.model_folder import locked
from tears.own_data.versions.tflite_head import read_head
from tears.own_data.versions.version_files import TFLITE_FILE, version_folders


@pytest.fixture(scope="module")
def held() -> tuple[Lesson, GuardSet]:
    home, guard = home_with_a_false_alarm()
    return hold_lesson(home, guard, guard.shipped, THRESHOLD), guard


@pytest.fixture
def models(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "models" / "1")
    return tmp_path / "models"


@pytest.fixture
def taught(held: tuple[Lesson, GuardSet], models: Path) -> Path:
    lesson, guard = held
    folder = models.with_name("taught")
    write_taught_version(models / "1", guard, lesson, folder)
    return folder


def test_a_taught_version_keeps_every_byte_but_the_heads_and_can_be_taught_again(
    held: tuple[Lesson, GuardSet], taught: Path
) -> None:
    lesson, _ = held
    assert lesson.head is not None
    old, new = ((folder / TFLITE_FILE).read_bytes() for folder in (SHIPPED, taught))
    head_bytes = 4 * (303 + 3)

    assert 0 < sum(one != other for one, other in zip(old, new, strict=True)) <= head_bytes
    assert read_head(new).weights.tolist() == lesson.head.weights.tolist()
    again = read_guard_set(taught)
    assert again.places.read(new).bias == lesson.head.bias
    assert again.shipped.weights.tolist() == read_head(old).weights.tolist()
    note = read_lesson_note(taught)
    assert note is not None
    assert note.heard == lesson.heard
    assert f"{lesson.heard.taught} of {lesson.heard.total} of crying alert" in (taught / "MODEL_CARD.md").read_text()


def test_it_is_used_as_the_next_version_and_taken_back(taught: Path, models: Path) -> None:
    content = (taught / TFLITE_FILE).read_bytes()

    assert use_taught(taught, models) == 2
    assert not taught.exists()
    assert (models / "2" / TFLITE_FILE).read_bytes() == content
    assert take_taught_back(models) == 1
    assert list(version_folders(models)) == [1]
    assert [(one.action, one.version) for one in read_history(models)] == [("install", 2), ("rollback", 2)]


def test_numbers_are_not_used_twice(held: tuple[Lesson, GuardSet], taught: Path, models: Path) -> None:
    use_taught(taught, models)
    take_taught_back(models)
    write_taught_version(models / "1", held[1], held[0], taught)

    assert use_taught(taught, models) == 3


def test_it_is_refused_if_another_version_came_into_use_since(taught: Path, models: Path) -> None:
    shutil.copytree(SHIPPED, models / "5")
    with (models / "5" / TFLITE_FILE).open("ab") as file:
        file.write(bytes(16))

    with pytest.raises(TeachingError, match="version 5 came into use after this lesson"):
        use_taught(taught, models)
    assert list(version_folders(models)) == [5, 1]
    assert taught.is_dir()


def test_only_a_taught_version_is_taken_back_and_never_the_last_one(taught: Path, models: Path) -> None:
    with pytest.raises(TeachingError, match="was not taught"):
        take_taught_back(models)
    with pytest.raises(TeachingError, match="was not taught; teach first"):
        use_taught(models / "1", models)
    use_taught(taught, models)
    shutil.rmtree(models / "1")
    with pytest.raises(TeachingError, match="no version before 2"):
        take_taught_back(models)


def test_two_programs_do_not_change_the_folder_at_once(taught: Path, models: Path) -> None:
    with locked(models), pytest.raises(FolderBusyError):
        use_taught(taught, models)
    assert list(version_folders(models)) == [1]


def test_a_history_that_cannot_be_written_leaves_the_folder_as_it_was(taught: Path, models: Path) -> None:
    (models / "history.jsonl").mkdir()

    with pytest.raises(Exception, match=r"history\.jsonl"):
        use_taught(taught, models)
    assert list(version_folders(models)) == [1]


def test_a_lesson_that_was_refused_is_not_written(held: tuple[Lesson, GuardSet], tmp_path: Path) -> None:
    lesson, guard = held

    with pytest.raises(TeachingError, match="guard"):
        write_taught_version(SHIPPED, guard, replace(lesson, refusal=Refusal.GUARD), tmp_path / "taught")
    assert not (tmp_path / "taught").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 9}', json.dumps({"format": 1, "heard": {"x": 1}})])
def test_a_note_that_cannot_be_read_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "lesson.json").write_text(content)

    with pytest.raises(TeachingError, match=r"lesson\.json .*teach again"):
        read_lesson_note(tmp_path)
