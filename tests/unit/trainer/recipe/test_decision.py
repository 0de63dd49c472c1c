"""The inputs of the regression, and the score on which it and the networks agree."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from tears.own_data.scoring.figures import auc
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS
from tears.trainer.recipe import decision
from tears.trainer.recipe.batches import LOWEST_LOG_POWER, MUFFLED_FROM_BANDS
from tears.trainer.recipe.decision import agreed, decide, decision_inputs
from tears.trainer.recipe.logistic_regression import ridge_logistic
from tears.trainer.recipe.network_training import window_logits
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.yamnet import BABY_CRY, YAMNET_CLASSES, YAMNET_EMBEDDING

WIDTH = 4


def windows(count: int, *, crying: bool, seed: int = 1) -> TrainingWindows:
    """Make windows of noise; with `crying`, every second one is louder and is crying."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2 * crying).astype(np.float32)
    features = rng.normal(-2.0, 1.0, (count, FRONTEND_FRAMES, FRONTEND_BANDS)) + 3.0 * labels[:, np.newaxis, np.newaxis]
    return TrainingWindows(
        f"noise {count} {seed}",
        features.astype(np.float16),
        labels,
        np.repeat(labels[:, np.newaxis], SPANS, axis=1).astype(np.uint8),
        np.zeros((count, NINTHS, YAMNET_CLASSES), np.float16),
        np.zeros((count, NINTHS, YAMNET_EMBEDDING), np.float16),
    )


def test_the_inputs_of_the_decision_are_computed_from_the_networks_outputs() -> None:
    network = build_network(WIDTH)
    features = windows(3, crying=True).features.astype(np.float32)
    window, spans, class_logits, _ = network.predict(features, verbose=0)

    channels, teacher_logit, own = decision_inputs(network, "one", has_teacher=True).predict(features, verbose=0)

    assert channels.shape == (3, 8 * WIDTH)
    score = (1 / (1 + np.exp(-class_logits[:, :, BABY_CRY]))).mean(axis=1, keepdims=True)
    assert teacher_logit == pytest.approx(np.log(score / (1 - score)), abs=1e-4)
    assert own == pytest.approx((window + spans.mean(axis=1, keepdims=True)) / 2, abs=1e-5)


@pytest.mark.parametrize(("one", "other"), [(0.0, 0.0), (-3.0, 2.0), (2.0, -3.0), (200.0, 1.0), (-200.0, -1.0)])
def test_the_odds_of_two_judges_against_a_cry_are_added(one: float, other: float) -> None:
    logit = agreed(*(tf.constant([[value]], tf.float64) for value in (one, other)))

    assert float(logit[0, 0]) == pytest.approx(-np.logaddexp(-one, -other))
    assert float(logit[0, 0]) <= min(one, other)


@pytest.mark.parametrize("has_teacher", [True, False])
def test_the_decision_of_several_networks_recognises_the_windows_it_was_fitted_to(has_teacher: bool) -> None:  # noqa: FBT001
    tf.keras.utils.set_random_seed(1)
    networks = [build_network(WIDTH), build_network(WIDTH)]
    sets = [windows(64, crying=True), windows(64, crying=False, seed=2)]

    decided = decide(networks, sets, has_teacher=has_teacher)

    logits = window_logits(decided, sets[0].features.astype(np.float32))
    assert decided.count_params() < 2 * networks[0].count_params()
    assert auc(logits, sets[0].labels > 0) > 0.95


def test_the_networks_and_the_regression_must_both_take_a_sound_for_a_cry(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [build_network(WIDTH), build_network(WIDTH)]
    noise = windows(6, crying=False)
    features = noise.features.astype(np.float32)
    own = np.mean(
        [decision_inputs(one, "one", has_teacher=False).predict(features, verbose=0)[2] for one in networks], axis=0
    )
    monkeypatch.setattr(decision, "ridge_logistic", lambda columns, *_: (np.zeros(columns.shape[1]), 1.5))

    decided = decide(networks, [noise], has_teacher=False)

    assert window_logits(decided, features) == pytest.approx(-np.logaddexp(-1.5, -own[:, 0]), abs=1e-5)


def test_the_regression_is_also_fitted_to_every_third_window_muffled(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[tuple[int, int]] = []

    def noted(columns: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_], *rest: Any) -> tuple[Any, float]:
        fitted.append((len(columns), int(labels.sum())))
        return ridge_logistic(columns, labels, *rest)

    monkeypatch.setattr(decision, "ridge_logistic", noted)

    decide([build_network(WIDTH)], [windows(60, crying=True), windows(48, crying=False, seed=2)], has_teacher=False)

    # 60 and every fourth of 48, and a third of both muffled.
    assert fitted == [(60 + 12 + 20 + 4, 30 + 10)]


def test_muffled_windows_keep_everything_below_three_kilohertz() -> None:
    clear = windows(20, crying=True)

    muffled = decision.muffled(clear, np.random.default_rng(1))

    np.testing.assert_array_equal(muffled[:, :, : MUFFLED_FROM_BANDS[0]], clear.features[:, :, : MUFFLED_FROM_BANDS[0]])
    assert (muffled[:, :, MUFFLED_FROM_BANDS[1] :] < clear.features[:, :, MUFFLED_FROM_BANDS[1] :]).mean() > 0.99
    assert muffled.min() >= LOWEST_LOG_POWER


def test_every_third_window_keeps_its_label_spans_and_judgements() -> None:
    whole = windows(10, crying=True)

    third = whole.every(3)

    assert third.key != whole.key
    assert np.array_equal(third.features, whole.features[[0, 3, 6, 9]])
    assert third.labels.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert [
        len(part) for part in (third.spans, third.teacher_scores, third.teacher_embeddings) if part is not None
    ] == [4, 4, 4]
