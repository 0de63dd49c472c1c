"""The comparison of two models, and the verdict that is written about it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tears.own_data.errors import VerdictError
from tears.own_data.scoring.merit import Merit, MeritFigure, gain_interval, is_better, merit_of
from tears.own_data.scoring.verdict import (
    VERDICT_FILE,
    HeldOutClip,
    ModelVerdict,
    figures_of,
    read_verdict,
    write_verdict,
)
from tears.own_data.versions.proof import sha256_of

LABELS = np.array([True] * 20 + [False] * 30)
RECORDINGS = [f"r{k // 5}" for k in range(50)]


def merit(cries: float, others: float, *, spread: float = 0.0, rehearsal: float = 0.0) -> Merit:
    rng = np.random.default_rng(1)
    scores = np.where(LABELS, cries, others) + rng.uniform(-spread, spread, 50)
    return merit_of(np.clip(scores, 0, 1), LABELS, RECORDINGS, 0.9, np.array([rehearsal]))


def test_the_accuracy_at_the_threshold_decides() -> None:
    one = merit(0.95, 0.1)
    assert (one.auc.value, one.heard.value, one.false_alarms.value, one.accuracy.value) == (1, 1, 0, 1)
    two = merit(0.85, 0.1)
    assert (two.auc.value, two.heard.value, two.accuracy.value) == (1, 0, 0.5)
    assert is_better(one, two) == (True, "its accuracy at the threshold is 1.000, and the other's 0.500")
    assert not is_better(two, one)[0]


def test_with_equal_accuracy_the_auc_decides_and_then_the_cross_entropy() -> None:
    plain, mixed_up = merit(0.5, 0.4), merit(0.5, 0.45, spread=0.1)
    better, why = is_better(plain, mixed_up)
    assert better
    assert "AUC" in why
    better, why = is_better(merit(0.99, 0.1), merit(0.95, 0.1))
    assert better
    assert "cross entropy" in why
    assert not is_better(merit(0.95, 0.1), merit(0.95, 0.1))[0]


def test_a_model_that_loses_much_auc_is_not_better() -> None:
    new, old = merit(0.95, 0.1), merit(0.85, 0.1)
    assert not is_better(replace(new, auc=MeritFigure(0.95)), old)[0]


def test_a_model_that_alarms_at_sounds_of_any_home_is_not_better() -> None:
    better, why = is_better(merit(0.95, 0.1, rehearsal=0.95), merit(0.85, 0.1))
    assert not better
    assert "made-up sounds" in why


def test_with_few_clips_no_rate_is_measured() -> None:
    one = merit(0.95, 0.1)
    assert one.recall_at_1.value is None
    assert str(one.recall_at_1) == "too few clips"
    assert one.recall_at_5.value == 1
    assert str(one.recall_at_5) == "1.000 (1.000-1.000)"


def test_the_gain_in_accuracy_has_an_interval_by_recording() -> None:
    old = np.where(LABELS, 0.95, 0.1)
    old[:10] = 0.5
    low, high = gain_interval(np.where(LABELS, 0.95, 0.1), old, LABELS, RECORDINGS, 0.9)
    assert 0 <= low < 0.25 < high <= 0.5


@pytest.fixture
def verdict() -> ModelVerdict:
    return ModelVerdict(
        made_at="2026-11-23T03:09:55+00:00",
        base="models/cry/1",
        base_sha256="ab" * 32,
        threshold=0.92,
        old=merit(0.85, 0.1),
        new=merit(0.95, 0.1),
        is_better=True,
        reason="it hears more",
        learnt_clips=120,
        held_out=(HeldOutClip("/a/crying/x_nohash_0.wav", "cd" * 32, is_crying=True, recording="x"),),
        learnt=("ef" * 32,),
        learnt_recordings=("y",),
    )


def test_a_verdict_is_read_as_it_was_written(tmp_path: Path, verdict: ModelVerdict) -> None:
    assert read_verdict(tmp_path) is None
    write_verdict(tmp_path, verdict)
    assert read_verdict(tmp_path) == verdict
    assert figures_of(verdict.new)["accuracy"] == 1
    assert figures_of(verdict.new)["recall_at_1"] is None


def test_an_older_verdict_without_the_learnt_clips_is_read(tmp_path: Path, verdict: ModelVerdict) -> None:
    write_verdict(tmp_path, verdict)
    found = json.loads((tmp_path / VERDICT_FILE).read_text())
    for name in ("learnt", "learnt_recordings", "is_learnt_known"):
        del found[name]
    (tmp_path / VERDICT_FILE).write_text(json.dumps(found))
    assert read_verdict(tmp_path) == replace(verdict, learnt=(), learnt_recordings=())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', "\x00"])
def test_a_file_that_is_not_a_verdict_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / VERDICT_FILE).write_text(content)
    with pytest.raises(VerdictError, match=r"verdict\.json"):
        read_verdict(tmp_path)


def test_a_verdict_of_another_version_is_refused(tmp_path: Path, verdict: ModelVerdict) -> None:
    write_verdict(tmp_path, verdict)
    found = json.loads((tmp_path / VERDICT_FILE).read_text())
    (tmp_path / VERDICT_FILE).write_text(json.dumps({**found, "format": 2}))
    with pytest.raises(VerdictError, match="another version"):
        read_verdict(tmp_path)


def test_a_digest_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
