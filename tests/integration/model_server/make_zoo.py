"""Makes the small models that the tests serve; run in a process of its own, since it needs TensorFlow.

`python make_zoo.py FOLDER` writes FOLDER/<name>/1/ with `saved_model.pb` and `model.tflite`. What each model computes
is simple enough for a test to say what it expects.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import tensorflow as tf

WINDOW_SAMPLES = 110_250  # 5 s at 22.05 kHz


def _waveform() -> Any:
    return tf.TensorSpec([1, WINDOW_SAMPLES], tf.float32, name="waveform")


class HalfPlusTwo(tf.Module):  # type: ignore[misc]
    """y = x / 2 + 2 for a batch of any size, and a second signature of three elements."""

    def __init__(self) -> None:
        super().__init__()
        self.half = tf.Variable(0.5)
        self.two = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def half_plus_two(self, x: Any) -> Any:
        return {"y": self.half * x + self.two}

    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def half_plus_three(self, x: Any) -> Any:
        y = self.half * x + self.two + 1.0
        return {"y": y, "floor": tf.cast(tf.floor(y), tf.int32)}


class Cry(tf.Module):  # type: ignore[misc]
    """One named output per label, as the shipped model has; the scores depend on the mean magnitude only."""

    @tf.function(input_signature=[_waveform()])  # type: ignore[untyped-decorator]
    def score(self, waveform: Any) -> Any:
        level = tf.reduce_mean(tf.abs(waveform), axis=1)
        return {"crying": level, "noise": 1.0 - level, "other noise": level * 0.0}


class NotANumber(tf.Module):  # type: ignore[misc]
    """A network that has diverged: 0 / 0 for every window."""

    @tf.function(input_signature=[_waveform()])  # type: ignore[untyped-decorator]
    def score(self, waveform: Any) -> Any:
        nothing = tf.reduce_mean(waveform, axis=1) * 0.0
        return {"crying": nothing / nothing}


class Sum(tf.Module):  # type: ignore[misc]
    """Two inputs of one size."""

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([2], tf.float32, name="a"), tf.TensorSpec([2], tf.float32, name="b")]
    )
    def add(self, a: Any, b: Any) -> Any:
        return {"sum": a + b}


DTYPES = {
    "double": tf.float64,
    "int32": tf.int32,
    "int64": tf.int64,
    "bool": tf.bool,
    "string": tf.string,
    "uint8": tf.uint8,
    "int8": tf.int8,
}


class Echo(tf.Module):  # type: ignore[misc]
    """A tensor of two elements of each dtype in, the same out; strings show that a dtype has no zero to try."""

    @tf.function(input_signature=[tf.TensorSpec([2], dtype, name=name) for name, dtype in DTYPES.items()])  # type: ignore[untyped-decorator]
    def echo(self, *tensors: Any) -> Any:
        return {f"{name}_out": tf.reshape(tensor, [2, 1]) for name, tensor in zip(DTYPES, tensors, strict=True)}


def save(folder: Path, module: Any, signatures: dict[str, Any]) -> None:
    """Writes the module as a SavedModel and, beside it, as a TFLite file with the same signatures."""
    tf.saved_model.save(module, str(folder), signatures=signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=list(signatures))
    (folder / "model.tflite").write_bytes(converter.convert())


def main() -> None:
    """Makes them all."""
    root = Path(sys.argv[1])
    tf.config.threading.set_intra_op_parallelism_threads(1)
    halves, cry, diverged, both, echo = HalfPlusTwo(), Cry(), NotANumber(), Sum(), Echo()
    save(root / "half_plus_two" / "1", halves, {"serving_default": halves.half_plus_two})
    save(
        root / "two_signatures" / "1",
        halves,
        {"serving_default": halves.half_plus_two, "three": halves.half_plus_three},
    )
    save(root / "cry" / "1", cry, {"serving_default": cry.score})
    save(root / "nan" / "1", diverged, {"serving_default": diverged.score})
    save(root / "sum" / "1", both, {"serving_default": both.add})
    save(root / "echo" / "1", echo, {"serving_default": echo.echo})
    # Converted from the bare function, a file has no signature of any name.
    bare = root / "bare" / "1"
    bare.mkdir(parents=True)
    function = halves.half_plus_three.get_concrete_function()
    (bare / "model.tflite").write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())


if __name__ == "__main__":
    main()
