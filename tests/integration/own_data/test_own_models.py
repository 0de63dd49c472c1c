"""A user's models are installed outside of the checkout, beside a copy of the shipped one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from integration.own_data.conftest import Tears
from integration.own_data.model_versions import copy_model, give_verdict, versions
from support.places import SHIPPED_VERSION

from tears.cli import replay
from tears.cli.errors import StartError
from tears.cli.models import own_folder
from tears.cli.models.own_folder import folder_to_install_into, folder_to_serve
from tears.cli.pipeline import model_server
from tears.cli.pipeline.local_pipeline import PipelinePlan
from tears.cli.pipeline.model_server import model_base_path
from tears.cli.scoring import served_scorer
from tears.own_data.versions.proof import sha256_of


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the user's own versions, which does not exist yet."""
    monkeypatch.delenv("TEARS_MODEL_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data home"))
    return tmp_path / "data home" / "tears" / "models" / "cry"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that stands for that of the checkout, with version 1."""
    shutil.copytree(SHIPPED_VERSION, tmp_path / "shipped" / "1")
    for module in (model_server, own_folder):
        monkeypatch.setattr(module, "shipped_versions", lambda: tmp_path / "shipped")
    return tmp_path / "shipped"


def test_a_version_is_installed_into_the_users_folder_and_the_checkout_stays_as_it_is(
    tears: Tears, own: Path, shipped: Path, candidate: Path
) -> None:
    assert model_base_path() == shipped
    result = tears("model", "install", candidate)
    assert result.exit_code == 0, result.output
    assert str(own) in result.output
    assert versions(own) == ["1", "2"]
    assert versions(shipped) == ["1"]
    assert sorted(path.name for path in shipped.iterdir()) == ["1"]
    assert model_base_path() == folder_to_serve() == own
    listed = json.loads(tears("model", "list", "--json").output)
    assert [(one["version"], one["source"]) for one in listed["versions"]] == [(2, str(candidate)), (1, "shipped")]


def test_a_rollback_leads_back_to_the_shipped_version(tears: Tears, own: Path, shipped: Path, candidate: Path) -> None:
    assert tears("model", "install", candidate).exit_code == 0
    assert tears("model", "rollback").exit_code == 0
    assert versions(own) == ["1"]
    assert model_base_path() == shipped


def test_a_newer_shipped_version_is_served_unless_the_user_has_one(own: Path, shipped: Path) -> None:
    assert folder_to_serve() == own
    assert versions(own) == ["1"]
    tflite = shipped / "1" / "model.tflite"
    tflite.write_bytes(tflite.read_bytes() + b"newer")
    assert folder_to_serve() == own
    assert versions(own) == ["1", "2"]
    assert sha256_of(own / "2" / "model.tflite") == sha256_of(tflite)
    assert versions(folder_to_serve()) == ["1", "2"]


def test_a_newer_shipped_version_does_not_replace_a_version_of_the_user(
    tears: Tears, own: Path, shipped: Path, candidate: Path
) -> None:
    assert tears("model", "install", candidate).exit_code == 0
    tflite = shipped / "1" / "model.tflite"
    tflite.write_bytes(tflite.read_bytes() + b"newer")
    assert folder_to_install_into() == own
    assert versions(own) == ["1", "2"]


def test_a_copy_from_before_the_guard_set_gets_it_so_that_it_can_be_taught(own: Path, shipped: Path) -> None:
    guard = (shipped / "1" / "guard_set.npz").read_bytes()
    folder_to_serve()
    copy_model(own / "2")
    for number in ("1", "2"):
        (own / number / "guard_set.npz").unlink()
    folder_to_serve()
    assert (own / "1" / "guard_set.npz").read_bytes() == guard
    # It belongs to the shipped model only.
    assert not (own / "2" / "guard_set.npz").exists()


def test_without_a_place_for_models_the_shipped_one_is_served_and_an_installation_names_the_cure(
    tears: Tears, own: Path, shipped: Path, tmp_path: Path
) -> None:
    own.parents[2].touch()
    assert folder_to_serve() == shipped
    better = give_verdict(copy_model(tmp_path / "export" / "2"), better=True, base=SHIPPED_VERSION)
    result = tears("model", "install", better)
    assert result.exit_code == 1
    assert "give --models" in result.output
    assert versions(shipped) == ["1"]


def test_versions_that_the_disk_does_not_let_us_read_do_not_keep_the_shipped_one_from_being_served(
    tears: Tears, own: Path, shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "7").mkdir(parents=True)
    # It looks like a file, and reading it is an error of the disk.
    (own / "7" / "model.tflite").symlink_to("/proc/self/mem")
    assert folder_to_serve() == shipped
    assert f"the models in {own} cannot be read (Input/output error)" in capsys.readouterr().err
    assert json.loads(tears("model", "list", "--json").stdout)["models"] == str(shipped)


def test_every_command_sees_the_folder_that_a_pipeline_serves(
    tears: Tears, own: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Path | None] = []

    def start(*_: object, models: Path | None = None, **__: object) -> None:
        served.append(models)
        raise StartError("seen")

    def enter(plan: PipelinePlan) -> None:
        start(models=plan.models)

    monkeypatch.setattr(served_scorer, "start_model_server", start)
    monkeypatch.setattr(replay, "LocalPipeline", enter)
    tflite = shipped / "1" / "model.tflite"
    assert folder_to_serve() == own
    tflite.write_bytes(tflite.read_bytes() + b"newer")
    clip = own.parents[3] / "a.wav"
    soundfile.write(clip, np.zeros(5 * 22_050, np.int16), 22_050)
    assert "seen" in tears("predict", clip).output
    assert "seen" in tears("replay", clip, "--out", clip.parent / "out").output
    assert served == [own, own]
    assert json.loads(tears("model", "list", "--json").output)["models"] == str(own)
    assert versions(own) == ["1", "2"]
    assert tears("model", "rollback").exit_code == 0
    assert versions(own) == ["1"]


def test_a_folder_that_the_user_names_is_taken(
    tears: Tears, own: Path, models: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEARS_MODEL_DIR", str(models))
    assert tears("model", "install", candidate).exit_code == 0
    assert versions(models) == ["1", "2"]
    assert not own.exists()
