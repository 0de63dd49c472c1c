"""What the regression is given of a network, and what is served of both."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from tears.own_data.scoring.figures import auc
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS
from tears.trainer.recipe import decision
from tears.trainer.recipe.decision import both, decide, pooled
from tears.trainer.recipe.fitting import BAND_LIMITS, LOWEST_LOG_POWER, window_logits
from tears.trainer.recipe.ridge_regression import ridge_logistic
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.yamnet import BABY_CRY, CLASSES, EMBEDDING

WIDTH = 4


def windows(count: int, *, crying: bool, seed: int = 1) -> TrainingWindows:
    """Of noise; the louder half is crying, if any is."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2 * crying).astype(np.float32)
    features = rng.normal(-2.0, 1.0, (count, FRONTEND_FRAMES, FRONTEND_BANDS)) + 3.0 * labels[:, np.newaxis, np.newaxis]
    return TrainingWindows(
        f"noise {count} {seed}",
        features.astype(np.float16),
        labels,
        np.repeat(labels[:, np.newaxis], SPANS, axis=1).astype(np.uint8),
        np.zeros((count, NINTHS, CLASSES), np.float16),
        np.zeros((count, NINTHS, EMBEDDING), np.float16),
    )


def test_what_the_networks_outputs_say_is_what_is_decided_by() -> None:
    network = build_network(WIDTH)
    features = windows(3, crying=True).features.astype(np.float32)
    window, spans, taught, _ = network.predict(features, verbose=0)

    channels, told, own = pooled(network, "one", taught=True).predict(features, verbose=0)

    assert channels.shape == (3, 8 * WIDTH)
    score = (1 / (1 + np.exp(-taught[:, :, BABY_CRY]))).mean(axis=1, keepdims=True)
    assert told == pytest.approx(np.log(score / (1 - score)), abs=1e-4)
    assert own == pytest.approx((window + spans.mean(axis=1, keepdims=True)) / 2, abs=1e-5)


@pytest.mark.parametrize(("one", "other"), [(0.0, 0.0), (-3.0, 2.0), (2.0, -3.0), (200.0, 1.0), (-200.0, -1.0)])
def test_two_judges_odds_against_a_cry_are_added(one: float, other: float) -> None:
    agreed = both(*(tf.constant([[logit]], tf.float64) for logit in (one, other)))

    assert float(agreed[0, 0]) == pytest.approx(-np.logaddexp(-one, -other))
    assert float(agreed[0, 0]) <= min(one, other)


@pytest.mark.parametrize("taught", [True, False])
def test_the_decision_of_several_networks_tells_what_it_was_fitted_to(taught: bool) -> None:  # noqa: FBT001
    tf.keras.utils.set_random_seed(1)
    networks = [build_network(WIDTH), build_network(WIDTH)]
    sets = [windows(64, crying=True), windows(64, crying=False, seed=2)]

    decided = decide(networks, sets, taught=taught)

    logits = window_logits(decided, sets[0].features.astype(np.float32))
    assert decided.count_params() < 2 * networks[0].count_params()
    assert auc(logits, sets[0].labels > 0) > 0.95


def test_a_cry_is_what_the_networks_and_the_regression_take_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = [build_network(WIDTH), build_network(WIDTH)]
    noise = windows(6, crying=False)
    features = noise.features.astype(np.float32)
    own = np.mean([pooled(one, "one", taught=False).predict(features, verbose=0)[2] for one in networks], axis=0)
    monkeypatch.setattr(decision, "ridge_logistic", lambda columns, *_: (np.zeros(columns.shape[1]), 1.5))

    decided = decide(networks, [noise], taught=False)

    assert window_logits(decided, features) == pytest.approx(-np.logaddexp(-1.5, -own[:, 0]), abs=1e-5)


def test_the_regression_hears_every_third_window_muffled_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[tuple[int, int]] = []

    def noted(columns: npt.NDArray[np.float32], labels: npt.NDArray[np.bool_], *rest: Any) -> tuple[Any, float]:
        fitted.append((len(columns), int(labels.sum())))
        return ridge_logistic(columns, labels, *rest)

    monkeypatch.setattr(decision, "ridge_logistic", noted)

    decide([build_network(WIDTH)], [windows(60, crying=True), windows(48, crying=False, seed=2)], taught=False)

    # 60 and every fourth of 48, and a third of each of these.
    assert fitted == [(60 + 12 + 20 + 4, 30 + 10)]


def test_muffled_windows_keep_what_lies_below_three_kilohertz() -> None:
    told = windows(20, crying=True)

    muffled = decision.muffled(told, np.random.default_rng(1))

    np.testing.assert_array_equal(muffled[:, :, : BAND_LIMITS[0]], told.features[:, :, : BAND_LIMITS[0]])
    assert (muffled[:, :, BAND_LIMITS[1] :] < told.features[:, :, BAND_LIMITS[1] :]).mean() > 0.99
    assert muffled.min() >= LOWEST_LOG_POWER


def test_every_second_window_keeps_what_belongs_to_it() -> None:
    whole = windows(10, crying=True)

    half = whole.every(3)

    assert half.key != whole.key
    assert np.array_equal(half.features, whole.features[[0, 3, 6, 9]])
    assert half.labels.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert [len(part) for part in (half.spans, half.taught, half.embedded) if part is not None] == [4, 4, 4]
