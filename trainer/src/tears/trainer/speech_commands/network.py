"""Train a network step by step, and ask it for its answers. Needs TensorFlow."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tears.trainer.errors import DivergedError
from tears.trainer.speech_commands.architectures.registry import build
from tears.trainer.speech_commands.architectures.settings import ArchitectureSettings
from tears.trainer.speech_commands.input.background import SEED
from tears.trainer.speech_commands.input.sampling import ClipBatch
from tears.trainer.speech_commands.results.answers import Answers


class Network:
    """A Keras model of one of the architectures, from waveforms to logits, and its optimizer."""

    def __init__(self, architecture: str, settings: ArchitectureSettings, optimizer: str, *, check_nans: bool) -> None:
        tf.keras.utils.set_random_seed(SEED)
        self.model = build(architecture, settings)
        # train.py's momentum is Nesterov's with 0.9.
        momentum = {"momentum": 0.9, "nesterov": True} if optimizer == "momentum" else {}
        self.optimizer = tf.keras.optimizers.SGD(1e-3, **momentum)
        self.optimizer.build(self.model.trainable_variables)
        self._check_nans = check_nans
        waveforms = tf.TensorSpec((None, settings.clip_samples), tf.float32)
        labels = tf.TensorSpec((None,), tf.int64)
        self._learn = tf.function(self._learn, input_signature=(waveforms, labels))  # type: ignore[method-assign]
        self._logits = tf.function(self._logits, input_signature=(waveforms,))  # type: ignore[method-assign]

    def learn(self, batch: ClipBatch, step: int, rate: float) -> tuple[float, float]:
        """Train for one step; return accuracy, as a share, and mean cross entropy over the batch, before the step.

        The step's number seeds the dropout, so that a resumed run continues as if it had never stopped.

        Raises:
            DivergedError: The cross entropy is NaN or infinite; with `check_nans`, any tensor of the step.
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
                f"step {step}: {found[1]} had {found[2]} values, the first ones in this step; a lower --learning_rate "
                "may help"
            ) from error
        if not np.isfinite(cross_entropy):
            raise DivergedError(
                f"step {step}: the cross entropy is {float(cross_entropy)}; lower --learning_rate, or find out with "
                "--check_nans where in the step the first NaN or infinity is"
            )
        return float(accuracy), float(cross_entropy)

    def answers(self, batches: Iterable[ClipBatch]) -> Answers:
        """Return the network's answers for one or more clips."""
        logits, truth = [], []
        for batch in batches:
            logits.append(np.asarray(self._logits(tf.constant(batch.waveforms)), np.float64))
            truth.append(batch.labels)
        return Answers.from_logits(np.concatenate(logits), np.concatenate(truth))

    def _seed_dropout(self, step: int) -> None:
        for place, layer in enumerate(self.model.layers):
            seed = getattr(layer, "seed_generator", None)
            if seed is not None:
                # Keras adds one to the second number with each use.
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
