"""Put a taught version into the folder that the model server watches, and take it back."""

import shutil
from pathlib import Path

from tears.own_data.errors import TeachingError
from tears.own_data.teaching.course import newest_teachable
from tears.own_data.teaching.taught_version import read_lesson_note
from tears.own_data.versions.history import read_history
from tears.own_data.versions.model_folder import add_entry, add_version, locked, retire, take_back, versions_in
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import TFLITE_FILE


def use_taught(taught: Path, base_path: Path) -> int:
    """Make a taught version the newest, delete it from where it was, and return its number.

    Raises:
        TeachingError: It was compared with another version than the newest, or was not taught.
        OwnDataError: The folder cannot be read or written, or another program changes it; it is as before.
    """
    note = read_lesson_note(taught)
    if note is None:
        raise TeachingError(f"{taught} was not taught; teach first")
    with locked(base_path):
        served = newest_teachable(base_path)
        if sha256_of(served / TFLITE_FILE) != note.base_sha256:
            raise TeachingError(
                f"version {served.name} came into use after this lesson, which was compared with another; teach again"
            )
        used = [*versions_in(base_path), *(entry.version for entry in read_history(base_path))]
        number = max(used) + 1
        target = add_version(taught, base_path, number)
        try:
            add_entry(
                base_path,
                action="install",
                version=number,
                source=str(taught),
                sha256=sha256_of(target / TFLITE_FILE),
                figures=note.figures,
                is_forced=False,
                why=note.reason,
            )
        except BaseException:
            retire(target)
            raise
    shutil.rmtree(taught, ignore_errors=True)
    return number


def take_taught_back(base_path: Path) -> int:
    """Take the newest version out of place if it was taught, and return the number of the one before.

    Raises:
        TeachingError: The newest version was not taught, or there is none before it.
        OwnDataError: The folder cannot be read or written, or another program changes it.
    """
    with locked(base_path):
        versions = versions_in(base_path)
        numbers = list(versions)
        if not numbers or read_lesson_note(versions[numbers[0]]) is None:
            raise TeachingError("the newest version was not taught, so there is nothing to go back from")
        if len(numbers) == 1:
            raise TeachingError(f"{base_path} has no version before {numbers[0]}")
        take_back(base_path, numbers[0], versions[numbers[0]], f"back to {numbers[1]}")
        return numbers[1]
