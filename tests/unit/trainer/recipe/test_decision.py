"""The features of the decision, and the weights of its judges."""

import numpy as np
import pytest

from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES
from tears.trainer.recipe.decision import decide, decision_features
from tears.trainer.speech_commands.architectures.nursery_network import POOLED_CHANNELS, build_network
from tears.trainer.teachers.mn04_outputs import MN04_BABY_CRY, MN04_NEAR_CRYING

SPECTROGRAMS = np.random.default_rng(1).normal(-2.0, 3.0, (3, FRONTEND_FRAMES, FRONTEND_BANDS)).astype(np.float32)


def test_the_features_are_the_networks_channels_and_outputs() -> None:
    network = build_network()
    window, spans, classes, _ = network.predict(SPECTROGRAMS, verbose=0)

    features = decision_features(network).predict(SPECTROGRAMS, verbose=0)

    assert features.shape == (3, POOLED_CHANNELS + len(MN04_NEAR_CRYING) + 2)
    mistaken = [number for number in MN04_NEAR_CRYING if number != MN04_BABY_CRY]
    assert features[:, POOLED_CHANNELS:-3] == pytest.approx(classes[:, mistaken], abs=1e-4)
    assert features[:, -3] == pytest.approx(spans.mean(axis=1), abs=1e-4)
    assert features[:, -2] == pytest.approx(window[:, 0], abs=1e-4)
    assert features[:, -1] == pytest.approx(classes[:, MN04_BABY_CRY], abs=1e-4)


def test_beside_the_teacher_the_own_logits_count_less_and_without_one_they_decide() -> None:
    network = build_network()
    window, spans, classes, _ = network.predict(SPECTROGRAMS, verbose=0)
    own = spans.mean(axis=1) + window[:, 0]

    taught = decide(network, has_teacher=True).logits(SPECTROGRAMS)
    untaught = decide(network, has_teacher=False).logits(SPECTROGRAMS)

    assert taught == pytest.approx(classes[:, MN04_BABY_CRY] + 0.75 * own, abs=1e-4)
    assert untaught == pytest.approx(own, abs=1e-4)


def test_calibration_scales_and_shifts_the_logits() -> None:
    decision = decide(build_network(), has_teacher=True)

    calibrated = decision.calibrated(2.0, -1.0)

    features = decision.features.predict(SPECTROGRAMS, verbose=0)
    assert calibrated.logits(features) == pytest.approx(2 * decision.logits(SPECTROGRAMS) - 1, abs=1e-5)
