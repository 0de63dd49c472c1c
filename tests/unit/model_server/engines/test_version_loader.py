"""The choice of the engine for a version's folder."""

from pathlib import Path

import pytest
from unit.model_server.fakes import FakeServable

from tears.model_server.engines import version_loader
from tears.model_server.engines.version_loader import VersionLoader
from tears.model_server.errors import LoadError

BOTH = ("model.tflite", "saved_model.pb")


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the engines, and return a list of those that were asked to load."""
    asked: list[str] = []

    def load(name: str, folder: Path) -> FakeServable:
        asked.append(name)
        return FakeServable(folder)

    monkeypatch.setattr(version_loader, "load_tflite", lambda folder, **_: load("LiteRT", folder))
    monkeypatch.setattr(version_loader, "SavedModelServable", lambda folder, _: load("TensorFlow", folder))
    return asked


@pytest.mark.parametrize(
    ("files", "prefers_tflite", "has_tensorflow", "wanted"),
    [
        (["model.tflite"], True, True, "LiteRT"),
        (["model.tflite"], False, True, "LiteRT"),
        (["saved_model.pb"], True, True, "TensorFlow"),
        (["saved_model.pbtxt"], True, True, "TensorFlow"),
        (BOTH, True, True, "LiteRT"),
        (BOTH, True, False, "LiteRT"),
        (BOTH, False, True, "TensorFlow"),
        (BOTH, False, False, "LiteRT"),
    ],
)
def test_the_files_in_a_folder_decide_which_engine_runs_it(
    chosen: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: list[str],
    *,
    prefers_tflite: bool,
    has_tensorflow: bool,
    wanted: str,
) -> None:
    monkeypatch.setattr(version_loader, "is_tensorflow_installed", lambda: has_tensorflow)
    for name in files:
        (tmp_path / name).touch()
    VersionLoader(prefers_tflite=prefers_tflite)(tmp_path)
    assert chosen == [wanted]


def test_a_folder_with_no_model_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=f"{tmp_path} has no model.tflite and no saved_model.pb"):
        VersionLoader()(tmp_path)


def test_a_saved_model_without_tensorflow_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_loader, "is_tensorflow_installed", lambda: False)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(LoadError, match=r"TensorFlow is not installed: pip install 'tears-model-server\[tensorflow\]'"):
        VersionLoader()(tmp_path)
