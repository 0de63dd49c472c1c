"""Let a measured model take the place of a version, unless it is worse."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tears.own_data.versions.proof import EXPECTED_SCORES_FILE, write_checksums
from tears.trainer.disk_writes import failed_writes_named
from tears.trainer.errors import RegressionError
from tears.trainer.evaluation.report.regressions import compared_parts, regressions
from tears.trainer.exporting.version_folders import draft_version, replace_files


def publish_draft(draft: Path, version: Path, figures: Mapping[str, Any], *, accept_regression: bool) -> None:
    """Copy the files of a measured draft into a version, with checksums; its other files stay.

    Raises:
        RegressionError: A figure is worse than before by more than chance, and this is not accepted. The version is as
            it was, and the draft remains.
        WriteError: The version cannot be written.
    """
    path = version / "figures.json"
    before: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    print(f"\ncompared with {version}: named_signals {' '.join(compared_parts(before, figures))}")
    worse = regressions(before, figures)
    if worse and not accept_regression:
        raise RegressionError(
            f"{version} was not replaced, because the new model is worse: {'; '.join(worse)}. It is in {draft}. Train "
            "again with another --seed, or replace the version all the same with --accept-regression "
            "(make model ACCEPT_REGRESSION=1)"
        )
    for one in worse:
        print(f"accepted: {one}")
    with draft_version(version.parent) as copy:
        with failed_writes_named(version):
            shutil.copytree(draft, copy, dirs_exist_ok=True)
            # A draft of an older program has neither checksums nor scores, and those of the old model would stay.
            write_checksums(copy)
            if not (copy / EXPECTED_SCORES_FILE).exists():
                (version / EXPECTED_SCORES_FILE).unlink(missing_ok=True)
        replace_files(copy, version)
    print(f"{version} is now this model")
