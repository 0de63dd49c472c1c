"""Compare what was exported with what was trained, on signals that have names. Needs TensorFlow."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import LARGEST_SAMPLE, MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, Signal, float_from_int16, int16_from_float
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.sounds.named_signals import named_signals
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.version_files import (
    EMBED_SIGNATURE,
    FEATURES,
    INPUT,
    INT16_SIGNATURE,
    SIGNATURE,
    TFLITE_FILE,
)
from tears.trainer.errors import ExportError

Scores = npt.NDArray[np.float64]

# Three programs compute the same graph in different ways. They usually differ by 1e-4, by more if logits are large.
TOLERANCE: Final = 1e-3
# Rounding the weights to eight bits changes the answers a little.
QUANTIZED_TOLERANCE: Final = 0.05


def named_windows(samples: int = WINDOW_SAMPLES, sample_rate_hz: int = MODEL_RATE_HZ) -> dict[str, Signal]:
    """Return the named signals as `serving_default` takes them: float32 of shape [samples], in steps of int16.

    In finer steps, the spectrum of a tone would contain nothing but rounding errors between the harmonics, and their
    logarithm differs from one program to the next.
    """
    signals = named_signals(samples, sample_rate_hz)
    return {name: float_from_int16(np.round(one * LARGEST_SAMPLE).astype(np.int16)) for name, one in signals.items()}


def compare_formats(
    model: Any,
    labels: Sequence[str],
    folder: Path,
    windows: Mapping[str, Signal],
    *,
    is_quantized: bool = False,
    head: DecisionHead | None = None,
) -> dict[str, Scores]:
    """Compare SavedModel and model.tflite in a folder with the Keras model that they were made from.

    The model maps float32 [n, samples] to logits, float32 [n, len(labels)], or to the features of the head. Return the
    scores of model.tflite for each window, float64 [labels].

    Raises:
        ExportError: A score is NaN or differs by more than is allowed; the message names the window and the distance.
            Or the head gives another score for what the signature `embed` returns, or `serving_int16` does for the
            same window.
    """
    # The signature alone would not keep the variables alive.
    loaded = tf.saved_model.load(str(folder))
    saved_model = loaded.signatures[SIGNATURE]
    of_tflite = tflite_scores(folder / TFLITE_FILE, labels)
    scores: dict[str, Scores] = {}
    for name, window in windows.items():
        answer = model(window[np.newaxis], training=False)
        trained = tf.nn.softmax(answer)[0].numpy().astype(np.float64) if head is None else _of_head(head, answer)
        of_saved_model = in_order(saved_model(**{INPUT: tf.constant(window[np.newaxis])}), labels)
        require_close("the SavedModel", name, labels, of_saved_model, trained)
        scores[name] = of_tflite(window)
        tolerance = QUANTIZED_TOLERANCE if is_quantized else TOLERANCE
        require_close(TFLITE_FILE, name, labels, scores[name], trained, tolerance)
    if head is not None:
        compare_signatures(loaded, folder / TFLITE_FILE, labels, windows, head)
    return scores


def compare_signatures(
    loaded: Any, tflite: Path, labels: Sequence[str], windows: Mapping[str, Signal], head: DecisionHead
) -> None:
    """Require that `embed` and `serving_int16` agree with the scores of `serving_default`, in both formats.

    `loaded` is the SavedModel; the labels are in the order of the head, that of crying first.

    Raises:
        ExportError: They differ for one of the windows.
    """
    scores, features = tflite_scores(tflite, labels), tflite_features(tflite)
    of_int16 = tflite_scores(tflite, labels, signature=INT16_SIGNATURE)

    def ask(signature: str, window: Signal | Int16Array) -> Any:
        return loaded.signatures[signature](**{INPUT: tf.constant(window[np.newaxis])})

    for name, window in windows.items():
        samples = int16_from_float(window)
        saved_scores, saved_of_int16 = (
            in_order(ask(signature, values), labels)
            for signature, values in ((SIGNATURE, window), (INT16_SIGNATURE, samples))
        )
        saved_features = ask(EMBED_SIGNATURE, window)[FEATURES]
        for what, given, wanted in (
            ("the SavedModel's embed", _of_head(head, saved_features), saved_scores),
            ("the SavedModel's serving_int16", saved_of_int16, saved_scores),
            (f"{TFLITE_FILE}'s embed", _of_head(head, features(window)), scores(window)),
            (f"{TFLITE_FILE}'s serving_int16", of_int16(samples), scores(window)),
        ):
            require_close(what, name, labels, given, wanted, of="the scores themselves")


def _of_head(head: DecisionHead, features: Any) -> Scores:
    """Return the scores that a head gives to features, float32 [1, F]: float64 of shape [2]."""
    score = float(head.scores(np.asarray(features))[0])
    return np.array([score, 1 - score])


def tflite_scores(
    path: Path, labels: Sequence[str], input_name: str = INPUT, *, signature: str = SIGNATURE
) -> Callable[[Signal | Int16Array], Scores]:
    """Return a function that scores a window, of shape [samples], with a model.tflite: float64 [labels].

    The window is float32, or int16 for the signature `serving_int16`.
    """
    runner = Interpreter(model_path=str(path), num_threads=1).get_signature_runner(signature)

    def scores(window: Signal | Int16Array) -> Scores:
        # LiteRT writes about its delegate when it first runs.
        with native_silence():
            return in_order(runner(**{input_name: window[np.newaxis]}), labels)

    return scores


def tflite_features(path: Path) -> Callable[[Signal], npt.NDArray[np.float32]]:
    """Return a function that gives the features of a window, float32 [samples]: float32 [1, F]."""
    runner = Interpreter(model_path=str(path), num_threads=1).get_signature_runner(EMBED_SIGNATURE)

    def features(window: Signal) -> npt.NDArray[np.float32]:
        with native_silence():
            return np.asarray(runner(**{INPUT: window[np.newaxis]})[FEATURES])

    return features


def in_order(outputs: Mapping[str, Any], labels: Sequence[str]) -> Scores:
    """Return the one score of each output in the order of the labels, float64 of shape [labels]."""
    return np.array([np.asarray(outputs[label], np.float64).reshape(()) for label in labels])


def require_close(
    what: str,
    signal: str,
    labels: Sequence[str],
    scores: Scores,
    wanted: Scores,
    tolerance: float = TOLERANCE,
    *,
    of: str = "the trained model",
) -> None:
    """Raise ExportError if a score is NaN, or differs from the wanted one by more than the tolerance.

    `of` says in the message whose scores are wanted.
    """
    differences = np.abs(scores - wanted)
    worst = int(np.argmax(differences))  # NaN counts as the largest
    largest = float(differences[worst])
    if not largest <= tolerance:
        raise ExportError(
            f"{signal}: {what} gives {labels[worst]} {scores[worst]:.6f} and {of} {wanted[worst]:.6f}, "
            f"{largest:.2g} apart; {tolerance:g} is allowed, and nothing was exported"
        )
