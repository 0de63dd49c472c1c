"""Adapts an exported model to a few more clips. Needs TensorFlow.

It works on the SavedModel itself, and knows nothing of the network in it: the served function, waveform in and scores
out, is differentiable, and what it was exported with, front end and calibration, is part of it. Batch normalisation
stays as it is served, its statistics and its factors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Signal
from tears.own_data.errors import ClipError
from tears.own_data.versions.version_files import SIGNATURE

# Windows a step; the served function takes one at a time.
BATCH: Final = 8
_NORMALISATION: Final = ("gamma", "beta")
_LEAST_SCORE: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Lesson:
    """A window to learn from.

    Attributes:
        waveform: float32 of shape [110 250].
        target: What the score of crying is to be, 0 to 1.
        weight: How much it counts.
    """

    waveform: Signal
    target: float
    weight: float


class Pupil:
    """A SavedModel whose weights change."""

    def __init__(self, folder: Path, crying: str) -> None:
        """Loads it.

        Args:
            folder: Of a version.
            crying: The label of cries.

        Raises:
            ClipError: It is no SavedModel that can be trained on.
        """
        try:
            self.saved = tf.saved_model.load(str(folder))
        except (OSError, tf.errors.OpError, ValueError) as error:
            raise ClipError(f"{folder} holds no SavedModel that can be loaded: {error}") from error
        if SIGNATURE not in self.saved.signatures:
            raise ClipError(f"the model in {folder} has no signature {SIGNATURE}; choose one that tears-train exported")
        self._serve = self.saved.signatures[SIGNATURE]
        inputs = self._serve.structured_input_signature[1]
        if [spec.shape.as_list()[1:] for spec in inputs.values()] != [[WINDOW_SAMPLES]]:
            told = ", ".join(f"{name} {spec.shape}" for name, spec in inputs.items())
            raise ClipError(
                f"the model in {folder} takes {told}, and a clip is one waveform of {WINDOW_SAMPLES} samples; choose "
                "one that was trained with --sample_rate=22050 --clip_duration_ms=5000"
            )
        (self.input_name,) = inputs
        self._crying = crying
        if crying not in self._serve.structured_outputs:
            raise ClipError(f"the model in {folder} has no label {crying!r}: {sorted(self._serve.structured_outputs)}")
        self.weights: list[Any] = [
            variable for variable in self._serve.trainable_variables if not _is_normalisation(variable.name)
        ]
        if not self.weights:
            raise ClipError(f"the model in {folder} was exported without weights to train; choose another to adapt")
        self._begun = [variable.numpy() for variable in self.weights]

    @property
    def head(self) -> list[Any]:
        """The weights of what comes after the convolutions; all, where there are none."""
        return [variable for variable in self.weights if len(variable.shape) <= 2] or self.weights  # noqa: PLR2004

    def served(self, window: Signal) -> dict[str, Any]:
        """What is served for a window, float32 of shape [110 250]: a tensor for each label."""
        return dict(self._serve(**{self.input_name: tf.constant(window[np.newaxis])}))

    def scores(self, windows: Sequence[Signal]) -> npt.NDArray[np.float64]:
        """The scores of crying, float64 of shape [n]."""
        return np.array([float(self._scores(window[np.newaxis])[0]) for window in windows])

    def step_of(self, variables: list[Any], optimizer: Any) -> Any:
        """A function of a batch: waveforms [8, 110 250], targets [8] and weights [8], that returns the loss."""
        optimizer.build(variables)

        @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
        def step(waveforms: Any, targets: Any, weights: Any) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(variables)
                losses = []
                for k in range(BATCH):
                    score, rest = self._scores(waveforms[k : k + 1])
                    target = targets[k]
                    told = target * tf.math.log(score) + (1 - target) * tf.math.log(rest)
                    losses.append(-weights[k] * told)
                loss = tf.add_n(losses) / BATCH
            gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

        return step

    def blend(self, share: float) -> None:
        """Goes only a share of the way from what the weights were to what they have become."""
        for variable, begun in zip(self.weights, self._begun, strict=True):
            variable.assign(begun + share * (variable.numpy() - begun))

    def _scores(self, waveform: Any) -> tuple[Any, Any]:
        """The score of crying and that of all else, each a scalar above 0."""
        outputs = self._serve(**{self.input_name: waveform})
        score = tf.reshape(outputs[self._crying], ())
        rest = tf.add_n([tf.reshape(value, ()) for label, value in outputs.items() if label != self._crying])
        return tf.maximum(score, _LEAST_SCORE), tf.maximum(rest, _LEAST_SCORE)


def learn(step: Any, lessons: Sequence[Lesson], rng: np.random.Generator) -> float:
    """One pass over the lessons; returns the mean loss. What fills no batch is left for another pass."""
    order = rng.permutation(len(lessons))
    losses = []
    for first in range(0, len(order) - BATCH + 1, BATCH):
        batch = [lessons[int(k)] for k in order[first : first + BATCH]]
        loss = step(
            np.stack([one.waveform for one in batch]),
            np.array([one.target for one in batch], np.float32),
            np.array([one.weight for one in batch], np.float32),
        )
        losses.append(float(loss))
    return float(np.mean(losses)) if losses else math.nan


def _is_normalisation(name: str) -> bool:
    return name.partition(":")[0].rpartition("/")[2] in _NORMALISATION
