"""Train the network on composed windows, or load it from the cache. Needs TensorFlow."""

import hashlib
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.kit.files import write_with
from tears.own_data.scoring.figures import auc, recall_at_fpr
from tears.trainer.progress import Progress
from tears.trainer.recipe.batches import WindowMixture
from tears.trainer.recipe.options import RecipeOptions
from tears.trainer.recipe.training_windows import TrainingWindows
from tears.trainer.source_digest import sources_of
from tears.trainer.speech_commands.architectures.nursery_network import build_network
from tears.trainer.teachers.mn04_outputs import MN04_BABY_CRY, MN04_CRYING, MN04_NEAR_CRYING, MN04_WHIMPER

# What a trained network depends on besides its windows.
_NETWORK_SOURCES: Final = (
    "tears.trainer.recipe.batches",
    "tears.trainer.recipe.network_training",
    "tears.trainer.speech_commands.architectures.batch_norm",
    "tears.trainer.speech_commands.architectures.nursery_network",
    "tears.trainer.teachers.mn04_outputs",
)

WEIGHT_DECAY: Final = 2e-2
# The loss over windows has the weight 1. The loss over the teacher's classes is summed over them.
SPAN_LOSS_WEIGHT: Final = 0.4
TEACHER_CLASSES_WEIGHT: Final = 0.05
# Of the squared error of the teacher's standardised embedding.
TEACHER_EMBEDDING_WEIGHT: Final = 2.0
# Of the distance to the teacher's logits of the classes that are cries or are mistaken for cries. Below the floor all
# logits are alike: the teacher is sure.
TEACHER_NEAR_WEIGHT: Final = 1.0
LOGIT_FLOOR: Final = -9.0
# The classes that are mistaken for cries have the weight 1 in that distance, and these have more.
NEAR_WEIGHTS: Final = {MN04_BABY_CRY: 10.0, MN04_CRYING: 4.0, MN04_WHIMPER: 4.0}
BFLOAT16_FLAG: Final = "avx512_bf16"
# How far labels are moved from 0 and 1.
LABEL_SMOOTHING: Final = 0.02


@dataclass(frozen=True)
class FittingSchedule:
    """The schedule by which a network is fitted."""

    epochs: int = 8  # passes over the windows
    batch_size: int = 64
    # The highest learning rate; it is reached after 300 steps, and then falls as a cosine to 1 % of it.
    learning_rate: float = 2e-3


@dataclass(frozen=True)
class ValidationWindows:
    """Windows that the figures are computed on: float32 [n, 214, 64], and bool [n], True for crying."""

    name: str
    features: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]


def train_network(
    options: RecipeOptions, sets: Sequence[TrainingWindows], validation: Sequence[ValidationWindows]
) -> Any:
    """Return a network that has learnt from the sets of windows.

    It is read from the cache if the same code made it of the same windows with the same settings.
    """
    schedule = FittingSchedule(options.epochs)
    made_of = f"{[windows.key for windows in sets]} {schedule} {options.seed}".encode()
    key = hashlib.sha256(sources_of(*_NETWORK_SOURCES) + made_of).hexdigest()[:16]
    path: Path = options.cache / f"network-{key}.weights.h5"
    if path.exists():
        network = build_network()
        network.load_weights(path)
        return network
    network = fit(sets, validation, schedule, options.seed)
    write_with(path, network.save_weights, part=path.with_name(f"partial-{path.name}"))
    return network


def fit(
    sets: Sequence[TrainingWindows],
    validation: Sequence[ValidationWindows],
    schedule: FittingSchedule,
    seed: int,
) -> Any:
    """Train a network, and print a line with the figures on `validation` each epoch.

    The seed decides weights, order and masks.

    Returns:
        The Keras model with the moving average of its weights.
    """
    tf.keras.utils.set_random_seed(seed)
    rng = np.random.default_rng([seed, 2])
    with training_precision():
        network = build_network()
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
    step = _training_step(network, optimizer)
    print(f"{network.count_params()} parameters, {steps} steps an epoch", flush=True)
    progress = Progress(steps * schedule.epochs, "training steps")
    for epoch in range(schedule.epochs):
        started, losses = time.monotonic(), []
        for batch in progress.over(windows.shuffled(schedule.batch_size, rng)):
            loss = step(batch.features, batch.labels, batch.spans, batch.teacher_logits, batch.teacher_embeddings)
            losses.append(float(loss))
        line = f"epoch {epoch + 1}: loss {np.mean(losses):.4f}, {time.monotonic() - started:.0f} s"
        if epoch + 1 == schedule.epochs:
            optimizer.finalize_variable_values(network.trainable_variables)
        print(line + network_figures(network, validation), flush=True)
    trained = build_network()
    trained.set_weights(network.get_weights())
    return trained


@contextmanager
def training_precision() -> Iterator[None]:
    """Build networks whose products have 16 bits, bfloat16, if the processor has instructions for it.

    A training step then takes two thirds of the time. Weights, sums and outputs keep 32 bits.
    """
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii").split()
    except OSError:
        flags = []
    policy = tf.keras.config.dtype_policy()
    tf.keras.config.set_dtype_policy("mixed_bfloat16" if BFLOAT16_FLAG in flags else "float32")
    try:
        yield
    finally:
        tf.keras.config.set_dtype_policy(policy)


def _training_step(network: Any, optimizer: Any) -> Any:
    cross_entropy = tf.keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=LABEL_SMOOTHING)

    @tf.function  # type: ignore[untyped-decorator]
    def step(features: Any, labels: Any, spans: Any, teacher_logits: Any, teacher_embeddings: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, span_logits, class_logits, embeddings = network(features, training=True)
            loss = cross_entropy(labels[:, tf.newaxis], logits)
            loss += SPAN_LOSS_WEIGHT * cross_entropy(spans, span_logits)
            if teacher_logits is not None:
                loss += distance_to_teacher(class_logits, embeddings, teacher_logits, teacher_embeddings)
        variables = network.trainable_variables
        # Without a teacher the outputs that predict it have no gradient.
        gradients = [
            tf.zeros(variable.shape) if gradient is None else gradient
            for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True)
        ]
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    return step


def distance_to_teacher(class_logits: Any, embeddings: Any, teacher_logits: Any, teacher_embeddings: Any) -> Any:
    """Return the loss of the predicted logits [n, 527] and embeddings [n, 9, 384] of the teacher."""
    losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(teacher_logits), class_logits)
    loss = TEACHER_CLASSES_WEIGHT * tf.reduce_mean(tf.reduce_sum(losses, axis=1))
    loss += TEACHER_EMBEDDING_WEIGHT * tf.reduce_mean(tf.square(embeddings - teacher_embeddings))
    ours, theirs = (
        tf.maximum(tf.gather(logits, MN04_NEAR_CRYING, axis=1), LOGIT_FLOOR)
        for logits in (class_logits, teacher_logits)
    )
    weights = np.array([NEAR_WEIGHTS.get(number, 1.0) for number in MN04_NEAR_CRYING], np.float32)
    distance = tf.sqrt(1 + tf.square(ours - theirs)) - 1  # squared if it is small, and straight if it is large
    return loss + TEACHER_NEAR_WEIGHT * tf.reduce_mean(tf.reduce_sum(distance * weights, axis=1)) / weights.sum()


def _learning_rate(schedule: FittingSchedule, steps: int) -> Any:
    class WarmUpAndCosine(tf.keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            done = tf.cast(step, tf.float32)
            fall = 0.01 + 0.99 * 0.5 * (1 + tf.cos(math.pi * tf.minimum(1.0, done / steps)))
            return schedule.learning_rate * tf.minimum(1.0, (done + 1) / 300) * fall

        def get_config(self) -> dict[str, Any]:
            return {}

    return WarmUpAndCosine()


def network_figures(network: Any, validation: Sequence[ValidationWindows]) -> str:
    """Return the figures of the network's first output, as the end of a printed line."""
    return "".join(figures_text(window_logits(network, group.features), group) for group in validation)


def figures_text(logits: npt.NDArray[np.float64], group: ValidationWindows) -> str:
    """Return the figures of logits, float64 [n], for the windows of one group, as a part of a printed line."""
    return (
        f"; {group.name}: AUC {auc(logits, group.labels):.4f}, "
        f"recall {recall_at_fpr(logits, group.labels, 0.01):.3f} at 1 % false positives"
    )


def window_logits(network: Any, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the network's first output for each window, float64 of shape [n]."""
    logits = tf.keras.Model(network.inputs, network.outputs[0]).predict(features, batch_size=64, verbose=0)
    return np.asarray(logits, dtype=np.float64)[:, 0]
