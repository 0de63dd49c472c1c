"""The networks have the sizes, costs and initial weights of the original's, and fit any clip."""

from math import ceil
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tears.own_data.sounds.named_signals import named_signals
from tears.trainer.errors import ArchitectureError
from tears.trainer.frontend import log_mel
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.speech_commands.architectures.registry import ARCHITECTURES, build
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings

BLOG = ArchitectureSettings(4, 22_050, 5_000)
ORIGINAL = ArchitectureSettings(12, upper_frequency_hz=4_000.0)
SIX = ARCHITECTURES[:-1]

# Written out from the shapes of the original's weights: T frames, F features, L labels.
PARAMETERS = {
    "single_fc": lambda t, f, n: t * f * n + n,
    "conv": lambda t, f, n: 10_304 + 163_904 + ceil(t / 2) * ceil(f / 2) * 64 * n + n,
    "low_latency_conv": lambda t, f, n: t * 8 * 186 + 186 + (f - 7) * 186 * 128 + 128 + 16_512 + 128 * n + n,
    "low_latency_svdf": lambda t, f, n: 2560 * (f + t) + 1280 + 327_936 + 65_792 + 256 * n + n,
    "tiny_conv": lambda t, f, n: 648 + ceil(t / 2) * ceil(f / 2) * 8 * n + n,
    "tiny_embedding_conv": lambda t, f, n: 648 + 5_128 + ceil(t / 16) * ceil(f / 16) * 8 * n + n,
}


def macs(model: Any) -> int:
    """Return the number of multiplications with a weight for one clip, without the front end."""
    count = 0
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.Conv2D):
            count += int(np.prod(layer.output.shape[1:3])) * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, tf.keras.layers.Dense):
            count += int(np.prod(layer.kernel.shape))
        elif layer.name == "svdf":
            frames, width = layer.input.shape[1:]
            count += frames * width * layer.units * layer.rank
    return count


@pytest.mark.parametrize("settings", [BLOG, ORIGINAL], ids=["blog", "original"])
@pytest.mark.parametrize("name", SIX)
def test_a_network_has_as_many_parameters_as_the_original(name: str, settings: ArchitectureSettings) -> None:
    model = build(name, settings)

    expected = PARAMETERS[name](settings.frames, settings.fingerprint_width, settings.label_count)
    assert model.count_params() == expected
    assert model.input_shape == (None, settings.clip_samples)
    assert model.output_shape == (None, settings.label_count)


def test_the_blogs_conv_has_its_known_size_and_cost() -> None:
    model = build("conv", BLOG)

    assert model.get_layer("fingerprint").output.shape == (None, 499, 40)
    assert model.count_params() == 1_454_212
    assert macs(model) == 499 * 40 * 20 * 8 * 64 + 250 * 20 * 10 * 4 * 64 * 64 + 250 * 20 * 64 * 4  # 1.02 G
    assert round(macs(model) / 1e9, 2) == 1.02


def test_tiny_conv_costs_a_thousandth_of_conv() -> None:
    assert macs(build("tiny_conv", BLOG)) == 250 * 20 * 10 * 8 * 8 + 250 * 20 * 8 * 4  # 3.4 M


@pytest.mark.parametrize("name", SIX)
def test_initial_weights_have_the_originals_distribution(name: str) -> None:
    tf.keras.utils.set_random_seed(3)
    model = build(name, ORIGINAL)
    deviation = 0.001 if name == "single_fc" else 0.01

    for weight in model.trainable_variables:
        values = np.asarray(weight)
        if weight.name == "bias":
            assert not values.any()
            continue
        # A normal distribution that is cut at two deviations has 0.88 of its deviation left.
        assert np.abs(values).max() <= 2 * deviation + 1e-7
        assert values.std() == pytest.approx(0.88 * deviation, rel=0.1)


@pytest.mark.parametrize(
    ("name", "dropouts"),
    [
        ("single_fc", 0),
        ("conv", 2),
        ("low_latency_conv", 3),
        ("low_latency_svdf", 3),
        ("tiny_conv", 1),
        ("tiny_embedding_conv", 2),
    ],
)
def test_dropout_is_one_half(name: str, dropouts: int) -> None:
    rates = [layer.rate for layer in build(name, ORIGINAL).layers if isinstance(layer, tf.keras.layers.Dropout)]

    assert rates == [0.5] * dropouts


def test_the_svdf_layer_is_a_filter_of_frequency_and_one_of_time() -> None:
    layer = build("low_latency_svdf", ORIGINAL).get_layer("svdf")
    rng = np.random.default_rng(1)
    fingerprint = rng.normal(size=(2, 98, 40)).astype(np.float32)
    layer.bias.assign(rng.normal(size=1280))
    frequency, time, bias = (np.asarray(weight, np.float64) for weight in (layer.frequency, layer.time, layer.bias))

    # In the order of the original: each frame over frequency first, then over time, then both filters of a unit.
    filtered = np.einsum("ntf,tf->nf", fingerprint @ frequency, time)
    expected = filtered.reshape(2, 1280, 2).sum(axis=2) + bias

    np.testing.assert_allclose(layer(fingerprint), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_weight_learns_from_one_clip(name: str) -> None:
    tf.keras.utils.set_random_seed(1)
    settings = BLOG if name == "nursery" else ORIGINAL
    model = build(name, settings)
    clips = np.stack([named_signals(settings.clip_samples, settings.sample_rate_hz)[k] for k in ("hiss", "cry-like")])
    with tf.GradientTape() as tape:
        logits = model(clips, training=False)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits([0, 1], logits))
    gradients = tape.gradient(loss, model.trainable_variables)

    for gradient, weight in zip(gradients, model.trainable_variables, strict=True):
        assert gradient is not None, weight.path
        assert np.isfinite(gradient).all(), weight.path


def test_the_same_seed_gives_the_same_network() -> None:
    weights = []
    for _ in range(2):
        tf.keras.utils.set_random_seed(59185)
        weights.append(build("tiny_conv", ORIGINAL).get_weights())

    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nursery_has_the_projects_own_front_end() -> None:
    model = build("nursery", BLOG)
    layer = model.get_layer("log_mel")
    for name, waveform in named_signals().items():
        np.testing.assert_allclose(layer(waveform[None])[0], log_mel(waveform), atol=5e-3, err_msg=name)


def test_nursery_with_two_labels_gives_the_networks_own_logit_and_zero() -> None:
    tf.keras.utils.set_random_seed(5)
    model = build("nursery", ArchitectureSettings(2, 22_050, 5_000))
    tf.keras.utils.set_random_seed(5)
    network = build_network()
    waveform = named_signals()["cry-like"]

    logits = model(waveform[None]).numpy()[0]

    assert logits[0] == pytest.approx(network(log_mel(waveform)[None])[0].numpy().item(), abs=1e-4)
    assert logits[1] == 0


@pytest.mark.parametrize("labels", [3, 4])
def test_nursery_has_a_new_last_layer_for_other_numbers_of_labels(labels: int) -> None:
    model = build("nursery", ArchitectureSettings(labels, 22_050, 5_000))

    assert model.output_shape == (None, labels)
    assert not any(layer.name == "taught_logits" for layer in model.get_layer("network").layers)


def test_a_model_that_cannot_be_built_is_an_error_that_says_why() -> None:
    with pytest.raises(ArchitectureError, match='no architecture "resnet"; there are single_fc, conv'):
        build("resnet", BLOG)
    with pytest.raises(ArchitectureError, match="--sample_rate=22050 --clip_duration_ms=5000"):
        build("nursery", ORIGINAL)
    # Keras wraps what a layer raises when it is called, in many lines.
    with pytest.raises(ArchitectureError, match=r"\A40 of 40 mel bands would be empty: .* upper_frequency_hz\Z"):
        build("conv", ArchitectureSettings(4, upper_frequency_hz=30.0))
    with pytest.raises(ArchitectureError, match="feature_bin_count of at least 8"):
        build("low_latency_conv", ArchitectureSettings(4, feature_bin_count=6))
