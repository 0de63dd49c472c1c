"""The network that is trained: a step, and its answers. Needs TensorFlow."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tears.trainer.speech_commands.architectures import ModelSettings, build
from tears.trainer.speech_commands.errors import DivergedError
from tears.trainer.speech_commands.input.background import SEED
from tears.trainer.speech_commands.input.sampling import Batch
from tears.trainer.speech_commands.results.answers import Answers


class Network:
    """A model of one of the architectures, and its optimizer.

    Attributes:
        model: Keras model, waveforms in, logits out.
        optimizer: Keras optimizer, its variables built.
    """

    def __init__(self, architecture: str, settings: ModelSettings, optimizer: str, *, check_nans: bool) -> None:
        tf.keras.utils.set_random_seed(SEED)
        self.model = build(architecture, settings)
        # train.py's momentum: Nesterov's, 0.9.
        momentum = {"momentum": 0.9, "nesterov": True} if optimizer == "momentum" else {}
        self.optimizer = tf.keras.optimizers.SGD(1e-3, **momentum)
        self.optimizer.build(self.model.trainable_variables)
        self._check_nans = check_nans
        waveforms = tf.TensorSpec((None, settings.clip_samples), tf.float32)
        labels = tf.TensorSpec((None,), tf.int64)
        self._learn = tf.function(self._learn, input_signature=(waveforms, labels))  # type: ignore[method-assign]
        self._logits = tf.function(self._logits, input_signature=(waveforms,))  # type: ignore[method-assign]

    def learn(self, batch: Batch, step: int, rate: float) -> tuple[float, float]:
        """Takes one step.

        Args:
            batch: What to learn from.
            step: Its number, which seeds the dropout: a run that is resumed goes on as if it had never stopped.
            rate: Learning rate.

        Returns:
            Accuracy, as a share, and mean cross entropy over the batch, before the step.

        Raises:
            DivergedError: The cross entropy is no number; with `check_nans`, anything in the step.
        """
        self._seed_dropout(step)
        self.optimizer.learning_rate.assign(rate)
        try:
            accuracy, cross_entropy = self._learn(tf.constant(batch.waveforms), tf.constant(batch.labels))
        except tf.errors.InvalidArgumentError as error:
            found = re.search(r"(the .+?) : Tensor had (.+) values", error.message)
            if found is None:
                raise
            raise DivergedError(
                f"step {step}: {found[1]} had {found[2]} values, the first of all; a lower --learning_rate may help"
            ) from error
        if not np.isfinite(cross_entropy):
            raise DivergedError(
                f"step {step}: the cross entropy is {float(cross_entropy)}; lower --learning_rate, or find out with "
                "--check_nans what in the step was the first to be no number"
            )
        return float(accuracy), float(cross_entropy)

    def answers(self, batches: Iterable[Batch]) -> Answers:
        """What the network says of clips, of which there is at least one."""
        logits, truth = [], []
        for batch in batches:
            logits.append(np.asarray(self._logits(tf.constant(batch.waveforms)), np.float64))
            truth.append(batch.labels)
        return answers_of(np.concatenate(logits), np.concatenate(truth))

    def _seed_dropout(self, step: int) -> None:
        for place, layer in enumerate(self.model.layers):
            seed = getattr(layer, "seed_generator", None)
            if seed is not None:
                # Keras counts the second number up by one with each use.
                seed.state.assign(np.array([step, place << 16], np.uint32))

    def _logits(self, waveforms: Any) -> Any:
        return self.model(waveforms, training=False)

    def _learn(self, waveforms: Any, labels: Any) -> tuple[Any, Any]:
        if self._check_nans:
            waveforms = tf.debugging.check_numerics(waveforms, "the waveforms")
        variables = self.model.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.model(waveforms, training=True)
            if self._check_nans:
                logits = tf.debugging.check_numerics(logits, "the logits")
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            cross_entropy = tf.reduce_mean(losses)
        gradients = tape.gradient(cross_entropy, variables)
        if self._check_nans:
            gradients = [
                tf.debugging.check_numerics(gradient, f"the gradient of {variable.path}")
                for gradient, variable in zip(gradients, variables, strict=True)
            ]
        self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        right = tf.equal(tf.argmax(logits, axis=1), labels)
        return tf.reduce_mean(tf.cast(right, tf.float32)), cross_entropy


def answers_of(logits: np.ndarray[Any, np.dtype[np.float64]], truth: np.ndarray[Any, np.dtype[np.int64]]) -> Answers:
    """Softmax and cross entropy of logits, float64 of shape [n, labels]."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_scores = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return Answers(np.exp(log_scores), truth, float(-log_scores[np.arange(len(truth)), truth].mean()))
