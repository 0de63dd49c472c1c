"""A folder of recordings, a finished run of `tears-train` on it, and the teacher's weights."""

import os
from pathlib import Path

import pytest
from support.training.training_folders import training_folder
from support.training.training_runs import FinishedRun, train


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two wanted words of sixty clips each, and twenty clips of a dog; no folder of noise."""
    return training_folder(tmp_path_factory.mktemp("data"), {"quiet": 60, "crying": 60, "dog": 20})


@pytest.fixture(scope="session")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """Return a run of twelve steps in two phases; tests must not change its files."""
    return train(data, tmp_path_factory.mktemp("run") / "training")


@pytest.fixture(scope="session")
def weights() -> Path:
    """Return the path of mn04_as.npz."""
    named = os.environ.get("TEARS_MN04")
    if not named:
        pytest.skip("TEARS_MN04 names no mn04_as.npz")
    return Path(named)
