"""Find the model to adapt, and what it has learnt, as far as that is known."""

import os
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.own_data.clips.own_clips import OwnClip
from tears.own_data.errors import ClipError
from tears.own_data.scoring.verdict import VERDICT_FILE, read_verdict
from tears.own_data.versions.history import installed_in
from tears.own_data.versions.proof import sha256_of
from tears.own_data.versions.version_files import TFLITE_FILE, version_folders

# In this checkout.
SHIPPED_VERSIONS: Final = Path(__file__).parents[5] / "models" / "cry"


@dataclass(frozen=True)
class BaseVersion:
    """The version to adapt."""

    folder: Path
    # The sha256 of each of the parent's clips that it, or a model before it, has learnt from.
    learnt: AbstractSet[str] = frozenset()
    learnt_recordings: AbstractSet[str] = frozenset()  # the recordings that those clips are slices of
    is_learnt_known: bool = True  # whether these two are complete; for a network from elsewhere they are not

    def has_learnt(self, clip: OwnClip) -> bool:
        """Return whether it is known to have learnt from a clip or its recording; raise OSError if the clip is gone."""
        return clip.recording in self.learnt_recordings or (bool(self.learnt) and sha256_of(clip.path) in self.learnt)


def find_base(chosen: Path | None) -> BaseVersion:
    """Return the chosen version, or the newest one that came with Tears: neither adapted nor installed by the parent.

    The latter is searched in `$TEARS_MODEL_DIR`, or else in this checkout.

    Raises:
        ClipError: There is none.
        HistoryError: The history of installed versions cannot be read.
        VerdictError: What the version has learnt cannot be read.
    """
    if chosen is None:
        named = os.environ.get("TEARS_MODEL_DIR")
        folder = Path(named) if named else SHIPPED_VERSIONS
        versions = _shipped(folder)
        if not versions:
            raise ClipError(f"there is no shipped model in {folder}; name one with --start_checkpoint=models/cry/1")
        return BaseVersion(max(versions, key=lambda path: int(path.name)))
    if not (chosen / TFLITE_FILE).is_file():
        raise ClipError(f"{chosen} is not a version of a model: --start_checkpoint takes a folder like models/cry/1")
    verdict = read_verdict(chosen)
    if verdict:
        return BaseVersion(
            chosen, frozenset(verdict.learnt), frozenset(verdict.learnt_recordings), verdict.is_learnt_known
        )
    # A copy of a shipped version can be in any folder.
    shipped = {sha256_of(path / TFLITE_FILE) for path in _shipped(SHIPPED_VERSIONS)}
    return BaseVersion(chosen, is_learnt_known=sha256_of(chosen / TFLITE_FILE) in shipped)


def _shipped(folder: Path) -> list[Path]:
    installed = installed_in(folder)
    return [
        path
        for number, path in (version_folders(folder) if folder.is_dir() else {}).items()
        if number not in installed and (path / TFLITE_FILE).is_file() and not (path / VERDICT_FILE).exists()
    ]
