"""`tears model set-head`: a version with another head."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from support.head_models import SECONDS, tiny_version

from tears.cli.__main__ import main
from tears.cli.models.model_check import check_model
from tears.own_data.versions.head_version import read_version_head


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """Write a head that fits the tiny model."""
    np.savez(tmp_path / "head.npz", weights=np.full(SECONDS, 0.25, np.float32), bias=1.0, scale=0.5, offset=0.0)
    return tmp_path / "head.npz"


def test_the_new_version_has_the_head_and_can_be_installed(head: Path, tmp_path: Path) -> None:
    version, out = tiny_version(tmp_path / "1"), tmp_path / "2"

    result = CliRunner().invoke(main, ["model", "set-head", str(version), str(head), "--out", str(out)])

    assert result.exit_code == 0, result.output
    assert f"tears model install {out}" in result.output.replace("\n", "")
    assert read_version_head(out).weights.tolist() == [0.25] * SECONDS
    assert check_model(out, "crying")[0] == ("crying", "other")


def test_a_head_that_does_not_fit_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    version, head = tiny_version(tmp_path / "1"), tmp_path / "head.npz"
    np.savez(head, weights=np.ones(2, np.float32), bias=1.0, scale=0.5, offset=0.0)

    result = CliRunner().invoke(main, ["model", "set-head", str(version), str(head), "--out", str(tmp_path / "2")])

    assert result.exit_code == 1
    assert "the new head has 2 weights, and the model's has 5" in result.output
    assert not (tmp_path / "2").exists()
