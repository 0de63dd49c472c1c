"""Faults of a model's base folder, each reported once."""

import logging
from collections.abc import Collection
from pathlib import Path

from tears.model_server.catalog.version_folders import MAX_FOLDERS
from tears.model_server.catalog.version_policy import Specific, VersionPolicy

logger = logging.getLogger(__name__)


class FolderReport:
    """Logs a problem when it appears or changes, not at every look."""

    def __init__(self, model: str) -> None:
        """Report nothing yet about the folder of this model."""
        self._model = model
        # What is wrong now; empty if nothing is.
        self.problem = ""

    def update(self, problem: str) -> None:
        """Set what is wrong now."""
        if problem and problem != self.problem:
            logger.warning("model %s: %s", self._model, problem)
        self.problem = problem

    def warn_about_overtaken(self, base_path: Path, found: tuple[int, int] | None) -> None:
        """Log that a new version is not served because of a larger one; see `overtaken`."""
        if found:
            logger.warning(
                "model %s: version %d is not served, because version %d is larger; if that number is a mistake, rename "
                "or remove its folder in %s",
                self._model,
                *found,
                base_path,
            )


def what_is_missing(base_path: Path, policy: VersionPolicy, found: Collection[int]) -> str:
    """Return what the folder should hold and does not, or that it holds too much; empty if all is well."""
    if not found:
        return f"{base_path} has no version folder: a folder whose name is a number"
    if len(found) >= MAX_FOLDERS:
        return f"{base_path} has {len(found)} version folders or more; older ones are ignored: delete some"
    missing = policy.numbers.difference(found) if isinstance(policy, Specific) else ()
    names = ", ".join(map(str, sorted(missing)))
    return f"{base_path} has no version {names}, which the policy names" if names else ""
