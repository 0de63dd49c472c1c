"""The nights of a dataset, which are composed and scored once."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from unit.trainer.evaluation.nights.tones import Tones, write_tones

from tears.trainer.evaluation import night_set as nights_module
from tears.trainer.evaluation.night_set import NIGHTS_IN_A_ROOM, NightSet, are_scored, night_set, scored_nights
from tears.trainer.evaluation.nights.compose import NightPlan
from tears.trainer.evaluation.nights.rooms import NIGHT_ROOMS
from tears.trainer.evaluation.report.night_figures import (
    baseline_figures,
    baseline_is_scored,
    baseline_key,
    default_figures,
)
from tears.trainer.evaluation.scorers import LOUDNESS, THIS_MODEL, ScorerFile
from tears.trainer.evaluation.worker_pool import WorkerPool


@pytest.fixture
def tones(tmp_path: Path) -> Tones:
    folder = tmp_path / "tones"
    folder.mkdir()
    tones = write_tones(folder)
    text = tones.manifest.read_text()
    # A split with the same recordings, to choose baselines' policies in.
    rows = [line.replace(",test,", ",val,").replace(",train,", ",val,") for line in text.splitlines()[1:]]
    tones.manifest.write_text("\n".join([*text.splitlines(), *rows]) + "\n")
    return tones


@pytest.fixture
def small(tones: Tones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NightSet:
    """Return a set whose nights are short, and only two for each split."""
    whole = NightSet.plans

    def plans(nights: NightSet, split: str) -> list[NightPlan]:
        two = [plan for plan in whole(nights, split) if plan.turn in {0, NIGHTS_IN_A_ROOM}]
        return [replace(plan, minutes=1.5, cries=1, others=1, rate=8_000) for plan in two]

    monkeypatch.setattr(NightSet, "plans", plans)
    return night_set([tones.manifest.parent], tmp_path / "cache")


def test_each_room_has_four_nights_and_all_take_turns(tmp_path: Path) -> None:
    plans = list(NightSet((tmp_path / "manifest.csv",), tmp_path).plans("val"))

    assert [plan.turn for plan in plans] == list(range(24))
    assert len({plan.seed for plan in plans}) == 24
    assert [plan.room for plan in plans] == [room for room in NIGHT_ROOMS for _ in range(4)]


def test_another_manifest_gives_other_nights(tones: Tones, tmp_path: Path) -> None:
    before = night_set([tones.manifest.parent], tmp_path).key
    assert night_set([tones.manifest.parent], tmp_path / "elsewhere").key == before

    with tones.manifest.open("a") as file:
        file.write("more.flac,other,cat,more,val,0\n")
    assert night_set([tones.manifest.parent], tmp_path).key != before


def test_nights_are_scored_once_by_each_scorer(
    small: NightSet, model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loudness, model = ScorerFile(LOUDNESS), ScorerFile(THIS_MODEL, model_folder / "model.tflite")
    with WorkerPool(1) as pool:
        assert not are_scored(small, "val", loudness)
        first = scored_nights(pool, small, "val", loudness)
        assert are_scored(small, "val", loudness)
        assert not are_scored(small, "val", model)
        by_model = scored_nights(pool, small, "val", model)

        monkeypatch.setattr(nights_module, "detections", None)
        assert scored_nights(pool, small, "val", loudness) == first

    assert [night.truth.room for night in first] == list(NIGHT_ROOMS)[:2]
    assert [one.end_seconds for one in first[0].observations[:2]] == [5.0, 6.0]
    # The level that loudness stands for, from -70 dBFS to full scale, becomes a score from 0 to 1.
    for one in first[0].observations:
        assert one.score == pytest.approx(max(0.0, 1 + one.level_dbfs / 70), abs=1e-3)
    assert [one.level_dbfs for one in by_model[0].observations] == pytest.approx(
        [one.level_dbfs for one in first[0].observations]
    )


def test_another_file_of_the_scorer_makes_scores_stale(small: NightSet, model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes((model_folder / "model.tflite").read_bytes())
    with WorkerPool(1) as pool:
        scored_nights(pool, small, "val", ScorerFile(THIS_MODEL, path))
    assert are_scored(small, "val", ScorerFile(THIS_MODEL, path))

    path.write_bytes(path.read_bytes() + b"\0")
    assert not are_scored(small, "val", ScorerFile(THIS_MODEL, path))


def test_a_baselines_figures_have_a_key_and_a_room_has_its_own_figures(small: NightSet) -> None:
    loudness = ScorerFile(LOUDNESS)
    with WorkerPool(1) as pool:
        assert not baseline_is_scored(small, loudness)
        figures = baseline_figures(pool, small, loudness)
        assert baseline_is_scored(small, loudness)
        nights = scored_nights(pool, small, "test", loudness)

    assert figures["key"] == baseline_key(small, loudness)
    assert figures["val"]["hours"] == 0.05
    assert json.loads(json.dumps(figures)) == figures
    found = default_figures(nights)
    assert list(found["by_room"]) == list(NIGHT_ROOMS)[:2]
    assert sum(of["bouts"] for of in found["by_room"].values()) == found["bouts"]
