"""The model that `--fine_tune` adapts, and what is known about the clips that it has learnt from."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tears.own_data.clips.own_clips import OwnClip
from tears.own_data.errors import ClipError, HistoryError
from tears.own_data.scoring.merit import Merit, MeritFigure
from tears.own_data.scoring.verdict import HeldOutClip, ModelVerdict, write_verdict
from tears.trainer.fine_tuning import base_version
from tears.trainer.fine_tuning.base_version import find_base
from tears.trainer.fine_tuning.model_card import card_of

SOME = MeritFigure(0.9)
MERIT = Merit(
    auc=SOME, recall_at_1=SOME, recall_at_5=SOME, heard=SOME, false_alarms=SOME, accuracy=SOME, cross_entropy=SOME,
    rehearsal_alarms=0.0,
)  # fmt: skip


def verdict(*, is_learnt_known: bool) -> ModelVerdict:
    return ModelVerdict(
        made_at="2026-11-23T03:09:55+00:00",
        base="own/export/1",
        base_sha256="ab" * 32,
        threshold=0.92,
        old=MERIT,
        new=MERIT,
        is_better=False,
        reason="both models answer the same for every clip",
        learnt_clips=2,
        held_out=(HeldOutClip("/a/crying/x_nohash_0.wav", "cd" * 32, is_crying=True, recording="x"),),
        learnt=(hashlib.sha256(b"a clip").hexdigest(),),
        learnt_recordings=("night",),
        is_learnt_known=is_learnt_known,
    )


def install(models: Path, number: int, content: str) -> None:
    """Install a version as `tears model install --force` does."""
    write_version(models / str(number), content)
    line = {
        "at": "2026-11-23T03:09:55+00:00", "action": "install", "version": number, "source": "own/export/1",
        "sha256": "", "figures": {}, "is_forced": True, "why": "nobody knows",
    }  # fmt: skip
    with (models / "history.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def write_version(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.tflite").write_text(content)
    return folder


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the models of a checkout, with two shipped versions."""
    folder = tmp_path / "models" / "cry"
    write_version(folder / "1", "first")
    write_version(folder / "2", "second")
    monkeypatch.setattr(base_version, "SHIPPED_VERSIONS", folder)
    monkeypatch.delenv("TEARS_MODEL_DIR", raising=False)
    return folder


def test_a_version_that_the_parent_installed_is_not_taken_for_the_shipped_model(models: Path) -> None:
    assert find_base(None).folder == models / "2"
    install(models, 3, "a network of their own")
    write_verdict(write_version(models / "4", "adapted"), verdict(is_learnt_known=True))
    assert find_base(None).folder == models / "2"
    assert find_base(None).is_learnt_known


def test_a_folder_of_the_parents_own_is_searched_in_the_same_way(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(models, tmp_path / "own")
    install(own, 7, "a network of their own")
    monkeypatch.setenv("TEARS_MODEL_DIR", str(own))
    assert find_base(None).folder == own / "2"
    for number in ("1", "2"):
        shutil.rmtree(own / number)
    with pytest.raises(ClipError, match=r"no shipped model in .*own"):
        find_base(None)
    (own / "history.jsonl").write_text("half a li")
    with pytest.raises(HistoryError, match=r"history\.jsonl is not a history"):
        find_base(None)


def test_what_a_network_from_elsewhere_has_learnt_is_not_known(models: Path, tmp_path: Path) -> None:
    install(models, 3, "a network of their own")
    assert not find_base(models / "3").is_learnt_known
    assert not find_base(write_version(tmp_path / "other", "another")).is_learnt_known
    assert find_base(models / "1").is_learnt_known
    assert find_base(Path(shutil.copytree(models / "2", tmp_path / "copy"))).is_learnt_known


@pytest.mark.parametrize("is_known", [True, False])
def test_a_version_says_whether_it_is_known_what_it_has_learnt(models: Path, *, is_known: bool) -> None:
    write_verdict(write_version(models / "3", "adapted"), verdict(is_learnt_known=is_known))
    found = find_base(models / "3")
    assert found.is_learnt_known == is_known


def test_a_clip_counts_as_learnt_if_its_content_or_its_recording_is(models: Path, tmp_path: Path) -> None:
    write_verdict(write_version(models / "3", "adapted"), verdict(is_learnt_known=True))
    found = find_base(models / "3")
    for name, content, is_learnt in (
        ("renamed_nohash_0.wav", b"a clip", True),
        ("night_nohash_7.wav", b"cut anew", True),
        ("day_nohash_0.wav", b"cut anew", False),
    ):
        (tmp_path / name).write_bytes(content)
        assert found.has_learnt(OwnClip(tmp_path / name, name, is_crying=True)) == is_learnt
    assert not find_base(None).has_learnt(
        OwnClip(tmp_path / "night_nohash_7.wav", "night_nohash_7.wav", is_crying=True)
    )


def test_a_card_names_the_model_about_whose_learning_nothing_is_known() -> None:
    known = card_of(verdict(is_learnt_known=True), Path("clips"))
    assert "of 1 recordings\nthat neither has learnt from, at the alert" in known
    unknown = card_of(verdict(is_learnt_known=False), Path("clips"))
    assert "that the adapted model has not learnt from (what own/export/1 has learnt is not known), at" in unknown
    assert "neither" not in unknown
