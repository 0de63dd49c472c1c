"""Teach the served version of a model: read the clips, hold the lesson, and write a version if it may be offered."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tears.audio.format import Int16Array
from tears.own_data.errors import TeachingError
from tears.own_data.teaching.guard_set import read_guard_set
from tears.own_data.teaching.home_clips import Progress, read_home
from tears.own_data.teaching.lesson import Lesson, hold_lesson
from tears.own_data.teaching.taught_version import LessonNote, write_taught_version
from tears.own_data.versions.model_folder import versions_in
from tears.own_data.versions.version_files import TFLITE_FILE

# Returns the features, float32 [F], of a window, int16 [110 250], and the number of the version that gave them.
AskServer = Callable[[Int16Array], tuple[npt.NDArray[np.float32], int]]


def newest_teachable(base_path: Path) -> Path:
    """Return the folder of the newest version with a model.tflite.

    Raises:
        TeachingError: There is none.
        ModelFolderError: The folder cannot be read.
    """
    for folder in versions_in(base_path).values():
        if (folder / TFLITE_FILE).is_file():
            return folder
    raise TeachingError(f"{base_path} has no version with a {TFLITE_FILE}, so there is no model to teach")


def teach_home(
    clips: Path,
    served: Path,
    ask: AskServer,
    threshold: float,
    target: Path,
    *,
    has_listened_again: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> tuple[Lesson, LessonNote | None]:
    """Teach the served version what a folder of clips says; write the taught version to `target` if it is better.

    Args:
        clips: The folder of clips, as `read_home` takes it.
        served: The folder of the version that is served.
        ask: Asks the model server for the features of a window.
        threshold: The score at which the home alerts.
        target: The folder of the new version, which does not exist; its parent may not exist either.
        has_listened_again: Whether the parent insists on doubtful labels.
        progress: Is told how many clips of how many are done.

    Raises:
        TeachingError: The server serves another version than that of the folder.
        OwnDataError: The clips, the model or its guard set cannot be used; the message names the cure.
        OSError: The target cannot be written.
    """
    guard = read_guard_set(served)
    head = guard.places.read((served / TFLITE_FILE).read_bytes())

    def embed(samples: Int16Array) -> npt.NDArray[np.float32]:
        features, version = ask(samples)
        if str(version) != served.name or len(features) != guard.places.features:
            raise TeachingError(
                f"the model server answers with version {version} and {len(features)} features, and the newest version "
                f"in {served.parent} is {served.name} with {guard.places.features}: let both use the same folder"
            )
        return features

    examples = read_home(clips, embed, progress)
    lesson = hold_lesson(examples, guard, head, threshold, has_listened_again=has_listened_again)
    if lesson.refusal is not None:
        return lesson, None
    return lesson, write_taught_version(served, guard, lesson, target)
