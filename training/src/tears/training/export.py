"""Writes the served model: SavedModel, model.tflite, labels.txt. Needs TensorFlow."""

import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
import tensorflow as tf

from tears.training import frontend, signals
from tears.training.errors import ExportError

LABELS: Final = ("crying", "other")
# SavedModel and TFLite compute the same graph with other kernels.
TOLERANCE: Final = 1e-3


def export_model(network: Any, scale: float, offset: float, out: Path) -> None:
    """Exports waveform in, one calibrated score per label out, and compares the two formats.

    Args:
        network: Of log-mel spectrograms, with the logit of the window first.
        scale: Of Platt's calibration.
        offset: Likewise.
        out: The version's folder; what an earlier export left in it is replaced.

    Raises:
        ExportError: The two formats disagree on a named signal, or a score is no number in [0, 1].
    """
    # What only teaches stays behind.
    network = tf.keras.Model(network.inputs, network.outputs[0])

    def scores(waveform: Any) -> dict[str, Any]:
        logits = network(log_mel(waveform), training=False)
        logit = scale * logits + offset  # [1, 1]
        return {"crying": tf.math.sigmoid(logit), "other": tf.math.sigmoid(-logit)}

    for name in ("assets", "variables"):
        shutil.rmtree(out / name, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    archive = tf.keras.export.ExportArchive()
    archive.track(network)
    waveform = tf.TensorSpec((1, frontend.WINDOW_SAMPLES), tf.float32, name="waveform")
    archive.add_endpoint("serving_default", scores, input_signature=[waveform])
    archive.write_out(str(out))
    convert(out)
    (out / "labels.txt").write_text("".join(f"{label}\n" for label in LABELS))
    compare_formats(out)


def convert(out: Path) -> None:
    """Writes `model.tflite` beside the SavedModel in a version's folder."""
    converter = tf.lite.TFLiteConverter.from_saved_model(str(out), signature_keys=["serving_default"])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    (out / "model.tflite").write_bytes(converter.convert())


def log_mel(waveform: Any) -> Any:
    """`frontend.log_mel` in TensorFlow, with operations that TFLite has built in.

    Args:
        waveform: float32 of shape [1, 110 250].

    Returns:
        float32 of shape [1, 214, 64].
    """
    blocks = tf.reshape(
        waveform[:, : (frontend.FRAMES + 1) * frontend.HOP_SAMPLES], (1, frontend.FRAMES + 1, frontend.HOP_SAMPLES)
    )
    frames = tf.concat([blocks[:, :-1], blocks[:, 1:]], axis=2) * tf.constant(frontend.hann())  # [1, 214, 1024]
    spectrum = tf.signal.rfft(frames)  # [1, 214, 513]
    power = tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))
    bands = tf.reshape(
        tf.matmul(tf.reshape(power, (frontend.FRAMES, frontend.BINS)), tf.constant(frontend.mel_weights())),
        (1, frontend.FRAMES, frontend.MEL_BANDS),
    )
    return tf.math.log(bands + frontend.POWER_FLOOR, name="log_mel")


def compare_formats(out: Path) -> None:
    """Runs both formats over the named signals.

    Raises:
        ExportError: They disagree by more than 0.001, or a score is no number in [0, 1].
    """
    saved = tf.saved_model.load(str(out)).signatures["serving_default"]
    runner = tf.lite.Interpreter(str(out / "model.tflite")).get_signature_runner("serving_default")
    for name, waveform in signals.named_signals().items():
        of_saved = _crying(saved(waveform=tf.constant(waveform[None])))
        of_lite = _crying(runner(waveform=waveform[None]))
        print(f"{name}: {of_lite:.4f} (SavedModel {of_saved:.4f})")
        if not (0.0 <= of_lite <= 1.0 and abs(of_lite - of_saved) <= TOLERANCE):
            raise ExportError(f"{name}: model.tflite says {of_lite}, the SavedModel {of_saved}")


def _crying(scores: dict[str, Any]) -> float:
    return float(np.asarray(scores["crying"]).reshape(()))
