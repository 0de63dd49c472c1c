"""Fits the network to composed windows. Needs TensorFlow."""

import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.own_data.scoring.figures import auc, recall_at_fpr
from tears.trainer.frontend import FRONTEND_BANDS, POWER_FLOOR
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.yamnet import CLASSES, EMBEDDING, NEAR_CRYING

SHARE_BAND_LIMITED: Final = 0.25
BAND_LIMITS: Final = (38, 50)  # of 64: 2.9 to 5.1 kHz
LOWEST_LOG_POWER: Final = math.log(POWER_FLOOR)  # -13.8


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
        near_weight: How much more those of them count that are cries, or what is taken for them.
        embedded_weight: Weight of the squared error of the teacher's embedding, in its own standard deviations.
        smoothing: How far labels stand off 0 and 1.
        width: Of the network.
    """

    epochs: int = 8
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 2e-2
    span_weight: float = 0.4
    taught_weight: float = 0.05
    near_weight: float = 1.0
    embedded_weight: float = 2.0
    smoothing: float = 0.02
    width: int = 64


@dataclass(frozen=True)
class Held:
    """Windows to watch the fit on: float32 [n, 214, 64], and bool [n], True for crying."""

    name: str
    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """Windows of one step: float32 arrays of shapes [b, 214, 64], [b], [b, 27], [b, 9, 521] and [b, 9, 1024]."""

    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.float32]
    spans: npt.NDArray[np.float32]
    taught: npt.NDArray[np.float32] | None
    embedded: npt.NDArray[np.float32] | None


class Mixture:
    """Several sets of windows as one.

    Args:
        sets: All taught, or none.
    """

    def __init__(self, sets: Sequence[TrainingWindows]) -> None:
        self._sets = sets
        self._starts = np.cumsum([0, *(len(windows.labels) for windows in sets)])
        embedded = [windows.embedded for windows in sets if windows.embedded is not None]
        self._taught = len(embedded) == len(sets)
        if self._taught:
            sample = np.concatenate([embeddings[::50].reshape(-1, EMBEDDING) for embeddings in embedded]).astype(
                np.float32
            )
            self._centre, spread = sample.mean(axis=0), sample.std(axis=0)
            # What hardly ever sounds must not weigh as much as what often does.
            self._spread = np.maximum(spread, np.median(spread) / 2)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def batch(self, rows: npt.NDArray[np.int64]) -> Batch:
        """These rows of the whole, sorted."""
        rows = np.sort(rows)
        bounds = np.searchsorted(rows, self._starts)
        parts = [(windows, rows[bounds[k] : bounds[k + 1]] - self._starts[k]) for k, windows in enumerate(self._sets)]

        def of(name: str) -> npt.NDArray[np.float32]:
            return np.concatenate([np.asarray(getattr(windows, name)[own], np.float32) for windows, own in parts])

        taught = of("taught") if self._taught else None
        embedded = (of("embedded") - self._centre) / self._spread if self._taught else None
        return Batch(of("features"), of("labels"), of("spans"), taught, embedded)


def fit(
    sets: Sequence[TrainingWindows], held: Sequence[Held], schedule: Schedule, seed: int, network: Any = None
) -> Any:
    """Trains a network and prints a line an epoch.

    Args:
        sets: Windows to learn from.
        held: Windows to tell of after each epoch.
        schedule: How.
        seed: Of weights, order and masks.
        network: One to go on with, changed in place; None for a new one.

    Returns:
        The Keras model with the moving average of its weights.
    """
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng([seed, 2])
    if network is None:
        network = build_network(schedule.width)
    windows = Mixture(sets)
    steps = len(windows) // schedule.batch_size
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
        for batch in _batches(windows, schedule.batch_size, rng):
            loss = step(batch.features, batch.labels, batch.spans, batch.taught, batch.embedded)
            losses.append(float(loss))
        line = f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - started:.0f} s"
        if epoch + 1 == schedule.epochs:
            optimizer.finalize_variable_values(network.trainable_variables)
        print(line + figures_of(network, held), flush=True)
    return network


def figures_of(network: Any, held: Sequence[Held]) -> str:
    """What the first output of a network is worth on held windows, as the end of a printed line."""
    line = ""
    for group in held:
        logits = window_logits(network, group.features)
        line += (
            f"; {group.name}: AUC {auc(logits, group.labels):.4f}, "
            f"recall {recall_at_fpr(logits, group.labels, 0.01):.3f} at 1 % false positives"
        )
    return line


def _batches(windows: Mixture, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """All windows once in a random order, masked; each batch is made while the one before it is learnt from."""
    order = rng.permutation(len(windows))

    def made(at: int) -> Batch:
        batch = windows.batch(order[at : at + size])
        masked(batch.features, rng)
        return batch

    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(made, 0)
        for at in range(size, len(windows) - size + 1, size):
            batch, coming = coming.result(), beside.submit(made, at)
            yield batch
        yield coming.result()


def masked(features: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """SpecAugment: hides up to two bands of frequency and two of time, and shifts each spectrogram's level a little.

    One window in four also loses all that lies above 3 to 5 kHz, as if its recorder had been a telephone: cries and
    other sounds alike, so that bandwidth tells nothing.

    Args:
        features: float32 of shape [n, 214, 64]; changed in place.
        rng: Where to.

    Returns:
        The same array.
    """
    features += rng.normal(0, 0.5, (len(features), 1, 1)).astype(np.float32)
    for window in features:
        fill = float(window.mean())
        if rng.random() < SHARE_BAND_LIMITED:
            muffle(window, rng)
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 9)), int(rng.integers(0, FRONTEND_BANDS))
            window[:, at : at + width] = fill
        for _ in range(int(rng.integers(0, 3))):
            width, at = int(rng.integers(1, 20)), int(rng.integers(0, len(window)))
            window[at : at + width] = fill
    return features


def muffle(window: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
    """Takes from a window what lies above 3 to 5 kHz, as a telephone does.

    Args:
        window: float32 of shape [214, 64]; changed in place.
        rng: From where on.
    """
    lost = window[:, int(rng.integers(*BAND_LIMITS)) :]
    # What is left there is the rounding to 16 bits, amplified with the rest.
    floor = rng.uniform(LOWEST_LOG_POWER, LOWEST_LOG_POWER + 8)
    lost[:] = np.maximum(LOWEST_LOG_POWER, floor + rng.normal(0, 0.6, lost.shape))


def window_logits(network: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The logits of windows, float64 of shape [n]."""
    logits = tf.keras.Model(network.inputs, network.outputs[0]).predict(features, batch_size=64, verbose=0)
    return np.asarray(logits, dtype=np.float64)[:, 0]


def _training_step(network: Any, optimizer: Any, schedule: Schedule) -> Any:
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=schedule.smoothing)
    near = np.ones(CLASSES, np.float32)
    near[list(NEAR_CRYING)] = schedule.near_weight

    @tf.function  # type: ignore[untyped-decorator]
    def step(features: Any, labels: Any, spans: Any, taught: Any, embedded: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, span_logits, taught_logits, embedding = network(features, training=True)
            loss = cross_entropy(labels[:, tf.newaxis], logits)
            loss += schedule.span_weight * cross_entropy(spans, span_logits)
            if taught is not None:
                told = tf.nn.sigmoid_cross_entropy_with_logits(taught, taught_logits)  # [n, 9, 521]
                loss += schedule.taught_weight * tf.reduce_mean(tf.reduce_sum(told * near, axis=2))
                loss += schedule.embedded_weight * tf.reduce_mean(tf.square(embedding - embedded))
        variables = network.trainable_variables
        # None for what nothing is learnt by: a teacher's outputs without a teacher.
        gradients = [
            tf.zeros(variable.shape) if gradient is None else gradient
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True)
        ]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
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
