"""Train networks on composed windows in two phases, or load them from the cache. Needs TensorFlow."""

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.kit.files import write_with
from tears.own_data.scoring.figures import auc, recall_at_fpr
from tears.trainer.recipe.batches import WindowMixture
from tears.trainer.recipe.options import RecipeOptions
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.source_digest import sources_of
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.yamnet import NEAR_CRYING, YAMNET_CLASSES

# In the second phase every second window of the corpus is used.
CORPUS_STEP: Final = 2
CRIES_LEARNING_RATE: Final = 1.5e-3
NEAR_CRYING_WEIGHT: Final = 8.0
# What a trained network depends on besides its windows.
_NETWORK_SOURCES: Final = (
    "tears.trainer.recipe.batches",
    "tears.trainer.recipe.network_training",
    "tears.trainer.speech_commands.architectures.nursery_network",
)

WEIGHT_DECAY: Final = 2e-2
# The loss over windows has the weight 1. The loss over the teacher's classes is summed over them.
SPAN_LOSS_WEIGHT: Final = 0.4
TEACHER_SCORES_WEIGHT: Final = 0.05
# Of the squared error of the teacher's standardised embedding.
TEACHER_EMBEDDING_WEIGHT: Final = 2.0
# How far labels are moved from 0 and 1.
LABEL_SMOOTHING: Final = 0.02


@dataclass(frozen=True)
class FittingSchedule:
    """The schedule by which a network is fitted."""

    epochs: int = 8  # passes over the windows
    batch_size: int = 64
    # The highest learning rate; it is reached after 300 steps, and then falls as a cosine to 1 % of it.
    learning_rate: float = 2e-3
    near_crying_weight: float = 1.0  # for the teacher's classes that are cries or are mistaken for cries
    width: int = 64  # of the network


@dataclass(frozen=True)
class ValidationWindows:
    """Windows that the figures are computed on: float32 [n, 214, 64], and bool [n], True for crying."""

    name: str
    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]


def train_network(
    options: RecipeOptions,
    seed: int,
    cries: TrainingWindows,
    corpus: Sequence[TrainingWindows],
    validation: Sequence[ValidationWindows],
) -> Any:
    """Return a network that has learnt sounds in general from the corpus and its teacher, and then cries.

    Without a corpus or a teacher there is no first phase: only the teacher says what the sounds of the corpus are.
    """
    general = FittingSchedule(options.corpus_epochs, width=options.width)
    crying = FittingSchedule(
        options.epochs, learning_rate=CRIES_LEARNING_RATE, near_crying_weight=NEAR_CRYING_WEIGHT, width=options.width
    )

    def learn_sounds() -> Any:
        return fit(corpus, [], general, seed)

    def learn_cries() -> Any:
        # The first phase is cached separately, because models trained without a source of cries share it.
        has_first_phase = bool(corpus) and options.teacher is not None
        network = _cached(options, "sounds", [general, seed], corpus, learn_sounds) if has_first_phase else None
        sets = [cries, *(windows.every(CORPUS_STEP) for windows in corpus)]
        return fit(sets, validation, crying, seed + 1, network)

    return _cached(options, "network", [general, crying, seed], [cries, *corpus], learn_cries)


def _cached(
    options: RecipeOptions,
    name: str,
    settings: Sequence[object],
    sets: Sequence[TrainingWindows],
    train: Callable[[], Any],
) -> Any:
    """Return a network from the cache if the same code made it of the same windows and settings; else train it."""
    made_of = f"{[windows.key for windows in sets]} {settings}".encode()
    key = hashlib.sha256(sources_of(*_NETWORK_SOURCES) + made_of).hexdigest()[:16]
    path: Path = options.cache / f"{name}-{key}.weights.h5"
    if path.exists():
        network = build_network(options.width)
        network.load_weights(path)
        return network
    network = train()
    write_with(path, network.save_weights, part=path.with_name(f"partial-{path.name}"))
    return network


def fit(
    sets: Sequence[TrainingWindows],
    validation: Sequence[ValidationWindows],
    schedule: FittingSchedule,
    seed: int,
    network: Any = None,
) -> Any:
    """Train a network, or a new one if none is given, and print a line with the figures on `validation` each epoch.

    The seed decides weights, order and masks. A given network is changed in place.

    Returns:
        The Keras model with the moving average of its weights.
    """
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng([seed, 2])
    if network is None:
        network = build_network(schedule.width)
    windows = WindowMixture(sets)
    steps = len(windows) // schedule.batch_size
    optimizer = tf.keras.optimizers.AdamW(
        _learning_rate(schedule, steps * schedule.epochs),
        weight_decay=WEIGHT_DECAY,
        clipnorm=1.0,
        use_ema=True,
        ema_momentum=0.998,
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    step = _training_step(network, optimizer, schedule)
    print(f"{network.count_params()} parameters, {steps} steps an epoch", flush=True)
    for epoch in range(schedule.epochs):
        started, losses = time.monotonic(), []
        for batch in windows.shuffled(schedule.batch_size, rng):
            loss = step(batch.features, batch.labels, batch.spans, batch.teacher_scores, batch.teacher_embeddings)
            losses.append(float(loss))
        line = f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - started:.0f} s"
        if epoch + 1 == schedule.epochs:
            optimizer.finalize_variable_values(network.trainable_variables)
        print(line + figures_text(network, validation), flush=True)
    return network


def _training_step(network: Any, optimizer: Any, schedule: FittingSchedule) -> Any:
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING)
    class_weights = np.ones(YAMNET_CLASSES, np.float32)
    class_weights[list(NEAR_CRYING)] = schedule.near_crying_weight

    @tf.function  # type: ignore[untyped-decorator]
    def step(features: Any, labels: Any, spans: Any, teacher_scores: Any, teacher_embeddings: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, span_logits, class_logits, embeddings = network(features, training=True)
            loss = cross_entropy(labels[:, tf.newaxis], logits)
            loss += SPAN_LOSS_WEIGHT * cross_entropy(spans, span_logits)
            if teacher_scores is not None:
                losses = tf.nn.sigmoid_cross_entropy_with_logits(teacher_scores, class_logits)  # [n, 9, 521]
                per_ninth = tf.reduce_sum(losses * class_weights, axis=2)
                loss += TEACHER_SCORES_WEIGHT * tf.reduce_mean(per_ninth)
                error = tf.square(embeddings - teacher_embeddings)
                loss += TEACHER_EMBEDDING_WEIGHT * tf.reduce_mean(error)
        variables = network.trainable_variables
        # Without a teacher the outputs that predict it have no gradient.
        gradients = [
            tf.zeros(variable.shape) if gradient is None else gradient
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True)
        ]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    return step


def _learning_rate(schedule: FittingSchedule, steps: int) -> Any:
    class WarmUpAndCosine(tf.keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            done = tf.cast(step, tf.float32)
            fall = 0.01 + 0.99 * 0.5 * (1 + tf.cos(math.pi * tf.minimum(1.0, done / steps)))
            return schedule.learning_rate * tf.minimum(1.0, (done + 1) / 300) * fall

        def get_config(self) -> dict[str, Any]:
            return {}

    return WarmUpAndCosine()


def figures_text(network: Any, validation: Sequence[ValidationWindows]) -> str:
    """Return the figures of the network's first output, as the end of a printed line."""
    text = ""
    for group in validation:
        logits = window_logits(network, group.features)
        text += (
            f"; {group.name}: AUC {auc(logits, group.labels):.4f}, "
            f"recall {recall_at_fpr(logits, group.labels, 0.01):.3f} at 1 % false positives"
        )
    return text


def window_logits(network: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the network's first output for each window, float64 of shape [n]."""
    logits = tf.keras.Model(network.inputs, network.outputs[0]).predict(features, batch_size=64, verbose=0)
    return np.asarray(logits, dtype=np.float64)[:, 0]
