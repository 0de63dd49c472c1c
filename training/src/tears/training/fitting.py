"""Fits the network to composed windows. Needs TensorFlow."""

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.training.frontend import MEL_BANDS
from tears.training.metrics import auc, recall_at_fpr
from tears.training.network import build_network
from tears.training.windows import TrainingWindows


@dataclass(frozen=True)
class Schedule:
    """How the network is fitted.

    Attributes:
        epochs: Passes over the windows.
        batch_size: Windows a step.
        learning_rate: The highest; it rises over the first 300 steps and falls as a cosine to 1 % of it.
        weight_decay: Of AdamW.
        span_weight: Weight of the loss over spans beside that over windows.
        taught_weight: Weight of the loss over the teacher's classes, summed over them.
        smoothing: How far labels stand off 0 and 1.
        width: Of the network.
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 2e-2
    span_weight: float = 0.4
    taught_weight: float = 0.05
    smoothing: float = 0.02
    width: int = 40


@dataclass(frozen=True)
class Held:
    """Windows to watch the fit on: float32 [n, 214, 64], and bool [n], True for crying."""

    name: str
    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]


def fit(windows: TrainingWindows, held: list[Held], schedule: Schedule, seed: int) -> Any:
    """Trains a network and prints a line an epoch.

    Returns:
        The Keras model with the moving average of its weights.
    """
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng([seed, 2])
    network = build_network(schedule.width)
    steps = len(windows.labels) // schedule.batch_size
    optimizer = tf.keras.optimizers.AdamW(
        _rate(schedule, steps * schedule.epochs),
        weight_decay=schedule.weight_decay,
        clipnorm=1.0,
        use_ema=True,
        ema_momentum=0.998,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    step = _training_step(network, optimizer, schedule)
    print(f"{network.count_params()} parameters, {steps} steps an epoch", flush=True)
    for epoch in range(schedule.epochs):
        started, losses = time.monotonic(), []
        order = rng.permutation(len(windows.labels))
        for k in range(steps):
            rows = np.sort(order[k * schedule.batch_size : (k + 1) * schedule.batch_size])
            features = masked(windows.features[rows].astype(np.float32), rng)
            taught = None if windows.taught is None else windows.taught[rows].astype(np.float32)
            loss = step(features, windows.labels[rows], windows.spans[rows].astype(np.float32), taught)
            losses.append(float(loss))
        line = f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - started:.0f} s"
        if epoch + 1 == schedule.epochs:
            optimizer.finalize_variable_values(network.trainable_variables)
        for group in held:
            logits = window_logits(network, group.features)
            line += (
                f"; {group.name}: AUC {auc(logits, group.labels):.4f}, "
                f"recall {recall_at_fpr(logits, group.labels, 0.01):.3f} at 1 % false positives"
            )
        print(line, flush=True)
    return network


def masked(features: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """SpecAugment: hides up to two bands of frequency and two of time, and shifts each spectrogram's level a little.

    Args:
        features: float32 of shape [n, 214, 64]; changed in place.
        rng: Where to.

    Returns:
        The same array.
    """
    features += rng.normal(0, 0.5, (len(features), 1, 1)).astype(np.float32)
    for window in features:
        fill = float(window.mean())
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 9)), int(rng.integers(0, MEL_BANDS))
            window[:, at : at + width] = fill
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 20)), int(rng.integers(0, len(window)))
            window[at : at + width] = fill
    return features


def window_logits(network: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The logits of windows, float64 of shape [n]."""
    logits = network.predict(features, batch_size=64, verbose=0)[0]
    return np.asarray(logits, dtype=np.float64)[:, 0]


def _training_step(network: Any, optimizer: Any, schedule: Schedule) -> Any:
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=schedule.smoothing)

    @tf.function  # type: ignore[untyped-decorator]
    def step(features: Any, labels: Any, spans: Any, taught: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, span_logits, taught_logits = network(features, training=True)
            loss = cross_entropy(labels[:, tf.newaxis], logits)
            loss += schedule.span_weight * cross_entropy(spans, span_logits)
            if taught is not None:
                told = tf.nn.sigmoid_cross_entropy_with_logits(taught, taught_logits)  # [n, 9, 521]
                loss += schedule.taught_weight * tf.reduce_mean(tf.reduce_sum(told, axis=2))
        gradients = tape.gradient(loss, network.trainable_variables, unconnected_gradients="zero")
        optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    return step


def _rate(schedule: Schedule, steps: int) -> Any:
    class Rate(tf.keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            done = tf.cast(step, tf.float32)
            fall = 0.01 + 0.99 * 0.5 * (1 + tf.cos(math.pi * tf.minimum(1.0, done / steps)))
            return schedule.learning_rate * tf.minimum(1.0, (done + 1) / 300) * fall

        def get_config(self) -> dict[str, Any]:
            return {}

    return Rate()
