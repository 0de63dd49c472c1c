"""Check whether the pipeline can use a version: its labels, signature, size, and its answers to known signals."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import float_from_int16, int16_from_float
from tears.cli.errors import InputError
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.sounds.named_signals import named_signals
from tears.own_data.versions.version_files import (
    INPUT,
    INT16_SIGNATURE,
    LABELS_FILE,
    SIGNATURE,
    TFLITE_FILE,
    read_sample_rate_hz,
)

# Ten times the blog's largest network; a Pi has little memory to spare.
LARGEST_MODEL_BYTES = 64 * 2**20
# Other exporters may divide in another way than ours, whose scores are the same to the last bit.
INT16_TOLERANCE = 1e-3


def check_model(folder: Path, cry_label: str) -> tuple[tuple[str, ...], int]:
    """Check a version's files and its answers to silence, hiss, tones and a cry.

    Returns:
        Its labels, in its own order, and the size of its model.tflite in bytes.

    Raises:
        InputError: It cannot be used; the message names what is wrong, and the cure.
        VersionError: Its sample rate cannot be read.
    """
    tflite = folder / TFLITE_FILE
    if not tflite.is_file():
        raise InputError(f"{folder} is not a version of a model: it has no {TFLITE_FILE}; name one like export/1")
    size = tflite.stat().st_size
    if not 0 < size <= LARGEST_MODEL_BYTES:
        raise InputError(
            f"{tflite} has {size} bytes; a model has at most {LARGEST_MODEL_BYTES >> 20} MiB and is not empty: export "
            "it again"
        )
    labels = _labels(folder / LABELS_FILE)
    if cry_label not in labels:
        raise InputError(
            f"{folder / LABELS_FILE} has no {cry_label!r}, only {', '.join(labels)}: install a model that has it, or "
            "set TEARS_ALERTER_CRY_LABEL to the label that is a cry"
        )
    _require_whole_saved_model(folder)
    rate_hz = read_sample_rate_hz(folder)
    if rate_hz != MODEL_RATE_HZ:
        raise InputError(
            f"{folder} takes {rate_hz} Hz, and windows have {MODEL_RATE_HZ}: train with --sample_rate=22050"
        )
    _check_answers(tflite, labels)
    return labels, size


def _labels(path: Path) -> tuple[str, ...]:
    try:
        labels = tuple(line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read ({error}): a version has its labels in it, one a line") from error
    if not labels or len(set(labels)) != len(labels):
        raise InputError(f"{path} must have one label a line, each once, and has {', '.join(labels) or 'none'}")
    return labels


def _require_whole_saved_model(folder: Path) -> None:
    """Refuse half a SavedModel: TF Serving loads it. A version has both formats, or TFLite alone."""
    if not (folder / "saved_model.pb").exists():
        return
    variables = folder / "variables"
    if not (variables / "variables.index").is_file() or not any(variables.glob("variables.data-*")):
        raise InputError(
            f"{folder} has half a SavedModel: {variables} lacks its files; copy the whole folder, or export it again"
        )


def _check_answers(tflite: Path, labels: tuple[str, ...]) -> None:
    try:
        with native_silence():
            interpreter = Interpreter(model_path=str(tflite), num_threads=1)
            runner: Any = interpreter.get_signature_runner(SIGNATURE)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
    except (ValueError, RuntimeError, KeyError) as error:
        raise InputError(
            f"{tflite} is not a TFLite model with the signature {SIGNATURE}: {error}; export it again"
        ) from error
    shapes = {name: (detail["shape"].tolist(), np.dtype(detail["dtype"]).name) for name, detail in inputs.items()}
    if len(shapes) != 1:
        raise InputError(f"{tflite} takes {', '.join(sorted(shapes))}; it must take one input, {INPUT}")
    ((name, (shape, dtype)),) = shapes.items()
    if math.prod(shape) != WINDOW_SAMPLES or dtype != "float32":
        raise InputError(
            f"{tflite} takes {name} as {dtype} {shape}; it must be float32 of {WINDOW_SAMPLES} samples: 5 s"
        )
    if set(outputs) != set(labels):
        raise InputError(
            f"{tflite} gives {', '.join(sorted(outputs))}, and {LABELS_FILE} has {', '.join(labels)}: they must be the "
            "same; export it again"
        )
    for signal, waveform in named_signals().items():
        # LiteRT writes about its delegate when it first runs.
        with native_silence():
            answer = runner(**{name: waveform.reshape(shape)})
        for label, value in answer.items():
            if value.size != 1 or not 0.0 <= float(value.reshape(())) <= 1.0:
                raise InputError(
                    f"{tflite} answers {label} {value} to {signal}: scores must be numbers from 0 to 1; train it again"
                )
    if INT16_SIGNATURE in interpreter.get_signature_list():
        _check_int16_answers(tflite, interpreter, name, shape)


def _check_int16_answers(tflite: Path, interpreter: Interpreter, name: str, shape: list[int]) -> None:
    """Require of the signature that the pipeline uses, if a model has it, the scores of the one that was checked."""
    of_floats, of_int16 = map(interpreter.get_signature_runner, (SIGNATURE, INT16_SIGNATURE))
    for signal, waveform in named_signals().items():
        samples = int16_from_float(waveform).reshape(shape)
        wanted = of_floats(**{name: float_from_int16(samples)})
        try:
            given = of_int16(**{name: samples})
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"{tflite} does not take int16 by its signature {INT16_SIGNATURE}: {error}; export it again"
            ) from error
        if set(given) != set(wanted):
            raise InputError(
                f"{tflite} gives {', '.join(sorted(given))} by its signature {INT16_SIGNATURE}, and "
                f"{', '.join(sorted(wanted))} by {SIGNATURE}: they must be the same; export it again"
            )
        is_alike = all(
            given[label].size == 1 and abs(given[label].item() - value.item()) <= INT16_TOLERANCE
            for label, value in wanted.items()
        )
        if not is_alike:
            raise InputError(
                f"{tflite} gives other scores for {signal} as int16 ({INT16_SIGNATURE}) than as floats ({SIGNATURE}): "
                "export it again"
            )
