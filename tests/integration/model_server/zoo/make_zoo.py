"""Make the small models that the tests serve, in a process of its own because it needs TensorFlow.

`python -m integration.model_server.zoo.make_zoo FOLDER`, run in `tests/`, writes FOLDER/<name>/1/ with
`saved_model.pb`, `model.tflite` or both. Each model computes something so simple that a test can state the result.
"""

import sys
from pathlib import Path
from typing import Any

import tensorflow as tf
from integration.model_server.zoo.make_older_zoo import make_older_models

WINDOW_SAMPLES = 110_250  # 5 s at 22.05 kHz


def _waveform(dtype: Any = tf.float32) -> Any:
    return tf.TensorSpec([1, WINDOW_SAMPLES], dtype, name="waveform")


class HalfPlus(tf.Module):  # type: ignore[misc]
    """y = x / 2 + 2 for a batch of any size, and a second signature of three elements that adds one more."""

    def __init__(self, summand: float) -> None:
        super().__init__()
        self.half = tf.Variable(0.5)
        self.summand = tf.Variable(summand)

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def batch(self, x: Any) -> Any:
        return {"y": self.half * x + self.summand}

    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def three(self, x: Any) -> Any:
        y = self.half * x + self.summand + 1.0
        return {"y": y, "floor": tf.cast(tf.floor(y), tf.int32)}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def any_rank(self, x: Any) -> Any:
        return {"y": self.half * x + self.summand}


class Cry(tf.Module):  # type: ignore[misc]
    """One named output per label, as the shipped model has; the scores depend on the mean magnitude only."""

    @tf.function(input_signature=[_waveform()])  # type: ignore[untyped-decorator]
    def score(self, waveform: Any) -> Any:
        level = tf.reduce_mean(tf.abs(waveform), axis=1)
        return {"crying": level, "noise": 1.0 - level, "other noise": level * 0.0}

    @tf.function(input_signature=[_waveform(tf.int16)])  # type: ignore[untyped-decorator]
    def score_int16(self, waveform: Any) -> Any:
        level = tf.reduce_mean(tf.abs(tf.cast(waveform, tf.float32) / 32768.0), axis=1)
        return {"crying": level}


class NotANumber(tf.Module):  # type: ignore[misc]
    """A diverged network: 0 / 0 for every window."""

    @tf.function(input_signature=[_waveform()])  # type: ignore[untyped-decorator]
    def score(self, waveform: Any) -> Any:
        nothing = tf.reduce_mean(waveform, axis=1) * 0.0
        return {"crying": nothing / nothing}


class Sum(tf.Module):  # type: ignore[misc]
    """Two inputs of one size; rows of any length."""

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([2], tf.float32, name="a"), tf.TensorSpec([2], tf.float32, name="b")]
    )
    def add(self, a: Any, b: Any) -> Any:
        return {"sum": a + b}

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def rows(self, x: Any) -> Any:
        return {"sum": tf.reduce_sum(x, axis=1), "all": tf.reduce_sum(x), "length": tf.reduce_sum(x * 0 + 1, axis=1)}


class Quotient(tf.Module):  # type: ignore[misc]
    """Divides whole numbers, and fails on a division by zero."""

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec([2], tf.int32, name="a"), tf.TensorSpec([2], tf.int32, name="b")]
    )
    def divide(self, a: Any, b: Any) -> Any:
        return {"quotient": tf.math.floordiv(a, b)}


class Loudness(tf.Module):  # type: ignore[misc]
    """A word for each level, as a string, and the level itself."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="level")])  # type: ignore[untyped-decorator]
    def name(self, level: Any) -> Any:
        words = tf.constant([b"quiet", b"loud"])
        return {"word": tf.gather(words, tf.cast(level > 0.5, tf.int32)), "level": level}


class Sound(tf.Module):  # type: ignore[misc]
    """The level of each frame of 16 samples, one every 4; and the indices of loud samples, which may be none."""

    @tf.function(input_signature=[tf.TensorSpec([1, None, 1], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def levels(self, x: Any) -> Any:
        return {"level": tf.nn.conv1d(tf.abs(x), tf.ones([16, 1, 1]) / 16.0, 4, "VALID")}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])  # type: ignore[untyped-decorator]
    def loud(self, x: Any) -> Any:
        return {"where": tf.where(x > 0.5), "x": x}


# The dtypes that TFLite has, and those that only TensorFlow has.
DTYPES = {
    "double": tf.float64,
    "int32": tf.int32,
    "int64": tf.int64,
    "bool": tf.bool,
    "string": tf.string,
    "uint8": tf.uint8,
    "int8": tf.int8,
}
ALL_DTYPES = DTYPES | {
    "float": tf.float32,
    "half": tf.float16,
    "bfloat16": tf.bfloat16,
    "complex64": tf.complex64,
    "complex128": tf.complex128,
    "int16": tf.int16,
    "uint16": tf.uint16,
    "uint32": tf.uint32,
    "uint64": tf.uint64,
}


class Echo(tf.Module):  # type: ignore[misc]
    """Return two elements of each dtype as they came."""

    def of(self, dtypes: dict[str, Any]) -> Any:
        def echo(*tensors: Any) -> Any:
            return {f"{name}_out": tf.reshape(tensor, [2, 1]) for name, tensor in zip(dtypes, tensors, strict=True)}

        specs = [tf.TensorSpec([2], dtype, name=name) for name, dtype in dtypes.items()]
        return tf.function(echo, input_signature=specs)


class Examples(tf.Module):  # type: ignore[misc]
    """Parse tf.Examples with a float `x`; the signatures are those for Classify and Regress."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])  # type: ignore[untyped-decorator]
    def classify(self, inputs: Any) -> Any:
        y = self._y(inputs)
        words = tf.constant([[b"low", b"high"]])
        return {"scores": tf.concat([1.0 - y, y], axis=1), "classes": tf.repeat(words, tf.shape(y)[0], axis=0)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="inputs")])  # type: ignore[untyped-decorator]
    def regress(self, inputs: Any) -> Any:
        return {"outputs": self._y(inputs)}

    def _y(self, inputs: Any) -> Any:
        parsed = tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([1], tf.float32)})
        return parsed["x"] * 0.5 + 2.0


def save(folder: Path, module: Any, signatures: dict[str, Any], *, tflite: bool = True) -> None:
    """Write the module as a SavedModel and, beside it, as a TFLite file with the same signatures."""
    tf.saved_model.save(module, str(folder), signatures=signatures)
    if tflite:
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=list(signatures))
        (folder / "model.tflite").write_bytes(converter.convert())


def main() -> None:
    """Make all models."""
    root = Path(sys.argv[1])
    tf.config.threading.set_intra_op_parallelism_threads(1)
    two, three, cry, sums, echo = HalfPlus(2.0), HalfPlus(3.0), Cry(), Sum(), Echo()
    save(root / "half_plus_two" / "1", two, {"serving_default": two.batch})
    save(root / "half_plus_three" / "1", three, {"serving_default": three.batch})
    save(root / "two_signatures" / "1", two, {"serving_default": two.batch, "three": two.three})
    save(root / "any_rank" / "1", two, {"serving_default": two.any_rank}, tflite=False)
    save(root / "cry" / "1", cry, {"serving_default": cry.score})
    save(root / "cry_int16" / "1", cry, {"serving_default": cry.score_int16})
    diverged, loudness, quotient, examples = NotANumber(), Loudness(), Quotient(), Examples()
    save(root / "nan" / "1", diverged, {"serving_default": diverged.score})
    save(root / "sum" / "1", sums, {"serving_default": sums.add})
    save(root / "rows" / "1", sums, {"serving_default": sums.rows})
    save(root / "quotient" / "1", quotient, {"serving_default": quotient.divide})
    save(root / "loudness" / "1", loudness, {"serving_default": loudness.name})
    sound = Sound()
    save(root / "sound" / "1", sound, {"serving_default": sound.levels, "loud": sound.loud})
    save(root / "echo" / "1", echo, {"serving_default": echo.of(DTYPES)})
    save(root / "echo_all" / "1", echo, {"serving_default": echo.of(ALL_DTYPES)}, tflite=False)
    signatures = {"serving_default": examples.regress, "classify_x": examples.classify, "regress_x": examples.regress}
    save(root / "examples" / "1", examples, signatures, tflite=False)
    make_older_models(root, two.three.get_concrete_function())


if __name__ == "__main__":
    main()
