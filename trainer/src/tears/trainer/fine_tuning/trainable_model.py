"""Train the weights of an exported model further. Needs TensorFlow.

This works on the SavedModel itself, whatever network is in it: the served function, from waveform to scores, is
differentiable, and includes the front end and the calibration that it was exported with. Batch normalisation keeps its
statistics and its factors.
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
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import HEAD_TENSORS
from tears.own_data.versions.version_files import EMBED_SIGNATURE, SIGNATURE

# The served function takes one window at a time.
WINDOWS_PER_STEP: Final = 8
_NORMALISATION: Final = ("gamma", "beta")
_LEAST_TRAINED_SCORE: Final = 1e-12


@dataclass(frozen=True, eq=False)
class TaughtWindow:
    """A window to learn from."""

    waveform: Signal  # [110 250]
    target: float  # the score of crying that it should get, 0 to 1
    weight: float  # factor of its loss


class TrainableModel:
    """A SavedModel whose weights can be changed.

    Attributes:
        saved: The loaded SavedModel.
        input_name: Name of the one input.
        labels: Names of the outputs, sorted.
        weights: All weights that can be trained.
    """

    def __init__(self, folder: Path, crying: str) -> None:
        """Load a version, which has the label `crying`; raise ClipError if it cannot be trained further."""
        try:
            self.saved = tf.saved_model.load(str(folder))
        except (OSError, tf.errors.OpError, ValueError) as error:
            raise ClipError(f"{folder} contains no SavedModel that can be loaded: {error}") from error
        if SIGNATURE not in self.saved.signatures:
            raise ClipError(f"the model in {folder} has no signature {SIGNATURE}; choose one that tears-train exported")
        self._serve = self.saved.signatures[SIGNATURE]
        inputs = self._serve.structured_input_signature[1]
        if [spec.shape.as_list()[1:] for spec in inputs.values()] != [[WINDOW_SAMPLES]]:
            found = ", ".join(f"{name} {spec.shape}" for name, spec in inputs.items())
            raise ClipError(
                f"the model in {folder} takes {found}, and a clip is one waveform of {WINDOW_SAMPLES} samples; choose "
                "one that was trained with --sample_rate=22050 --clip_duration_ms=5000"
            )
        (self.input_name,) = inputs
        self._crying = crying
        self.labels = sorted(self._serve.structured_outputs)
        if crying not in self.labels:
            raise ClipError(f"the model in {folder} has no label {crying!r}: {self.labels}")
        self.weights: list[Any] = [
            variable for variable in self._serve.trainable_variables if not _is_normalisation(variable.name)
        ]
        if not self.weights:
            raise ClipError(f"the model in {folder} was exported without weights to train; choose another to adapt")
        self._first_values = [variable.numpy() for variable in self.weights]

    @property
    def head(self) -> list[Any]:
        """Return the weights of the layers after the convolutions; all weights if there are no such layers."""
        convolutions = {_layer(variable) for variable in self.weights if _is_kernel_of_convolution(variable)} - {""}
        return [
            variable
            for variable in self.weights
            if not _is_kernel_of_convolution(variable) and _layer(variable) not in convolutions
        ] or self.weights

    @property
    def crying_first(self) -> list[str]:
        """Return the labels, that of crying first, which is the order of a decision's head."""
        return sorted(self.labels, key=lambda label: label != self._crying)

    def decision_head(self) -> DecisionHead | None:
        """Return the last layer as it is now; None if the model was exported without the signature `embed`."""
        if EMBED_SIGNATURE not in self.saved.signatures:
            return None
        named = {variable.name.partition(":")[0]: variable.numpy() for variable in self._serve.variables}
        return DecisionHead(**{part: named[name] for part, name in HEAD_TENSORS.items()})

    def label_scores(self, window: Signal) -> dict[str, Any]:
        """Return the score of each label for a window, float32 of shape [110 250], as tensors with one value."""
        return dict(self._serve(**{self.input_name: tf.constant(window[np.newaxis])}))

    def scores(self, windows: Sequence[Signal]) -> npt.NDArray[np.float64]:
        """Return the scores of crying, float64 of shape [n]."""
        return np.array([float(self._scores(window[np.newaxis])[0]) for window in windows])

    def step_of(self, variables: list[Any], optimizer: Any) -> Any:
        """Return a function that trains some variables with one batch and returns the loss.

        Its arguments are waveforms [8, 110 250], targets [8] and weights [8], each float32.
        """
        optimizer.build(variables)

        @tf.function(jit_compile=False)  # type: ignore[untyped-decorator]
        def step(waveforms: Any, targets: Any, weights: Any) -> Any:
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(variables)
                losses = []
                for k in range(WINDOWS_PER_STEP):
                    score, rest = self._scores(waveforms[k : k + 1])
                    likelihood = targets[k] * tf.math.log(score) + (1 - targets[k]) * tf.math.log(rest)
                    losses.append(-weights[k] * likelihood)
                loss = tf.add_n(losses) / WINDOWS_PER_STEP
            gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
            optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return loss

        return step

    def blend(self, share: float) -> None:
        """Move the weights to a share of the way from their first values to the current ones."""
        for variable, first in zip(self.weights, self._first_values, strict=True):
            variable.assign(first + share * (variable.numpy() - first))

    def _scores(self, waveform: Any) -> tuple[Any, Any]:
        """Return the score of crying and that of everything else, each a scalar above 0."""
        outputs = self._serve(**{self.input_name: waveform})
        score = tf.reshape(outputs[self._crying], ())
        rest = tf.add_n([tf.reshape(value, ()) for label, value in outputs.items() if label != self._crying])
        return tf.maximum(score, _LEAST_TRAINED_SCORE), tf.maximum(rest, _LEAST_TRAINED_SCORE)


def train_one_pass(step: Any, windows: Sequence[TaughtWindow], rng: np.random.Generator) -> float:
    """Train with all windows in random order, except the last ones that fill no batch; return the mean loss.

    `step` is a function from `TrainableModel.step_of`. The loss is NaN if there is not even one batch.
    """
    order = rng.permutation(len(windows))
    losses = []
    for first in range(0, len(order) - WINDOWS_PER_STEP + 1, WINDOWS_PER_STEP):
        batch = [windows[int(k)] for k in order[first : first + WINDOWS_PER_STEP]]
        loss = step(
            np.stack([one.waveform for one in batch]),
            np.array([one.target for one in batch], np.float32),
            np.array([one.weight for one in batch], np.float32),
        )
        losses.append(float(loss))
    return float(np.mean(losses)) if losses else math.nan


def _is_kernel_of_convolution(variable: Any) -> bool:
    return len(variable.shape) > 2  # noqa: PLR2004


def _layer(variable: Any) -> str:
    """Return the name of the layer that a variable belongs to; empty if its name has none."""
    return str(variable.name.rpartition("/")[0])


def _is_normalisation(name: str) -> bool:
    return name.partition(":")[0].rpartition("/")[2] in _NORMALISATION
