"""Print which labels a model gives to a WAV file.

    python -m tears.trainer.speech_commands.label_wav --wav=FILE --graph=training/export

Takes the flags of speech_commands' label_wav.py and prints the same lines. As there, only the beginning of a WAV counts
if it is longer than the model's clip, and silence follows a shorter one.
"""

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tears.audio.format import Signal
from tears.own_data.errors import OwnDataError
from tears.own_data.scoring.native_silence import native_silence
from tears.own_data.versions.version_files import (
    INPUT,
    LABELS_FILE,
    SIGNATURE,
    TFLITE_FILE,
    newest_number,
    read_sample_rate_hz,
)
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import fill, open_decoder
from tears.trainer.errors import LabelWavError

MOST_LABELS: Final = 1_000


def label_wav(wav: Path, graph: Path, labels: Path | None, how_many_labels: int) -> list[str]:
    """Return the best labels of a WAV, as `crying (score = 0.98765)`; the arguments are the command's flags.

    Raises:
        LabelWavError: A file is missing, or is not what the model needs.
        VersionError: The version's sample rate cannot be read.
    """
    model = _model_file(graph)
    names = _read_labels(labels or model.with_name(LABELS_FILE))
    try:
        with native_silence():
            runner = Interpreter(model_path=str(model), num_threads=1).get_signature_runner(SIGNATURE)
        samples = int(runner.get_input_details()[INPUT]["shape"][-1])
    except (ValueError, KeyError) as error:
        raise LabelWavError(f"{model} is not a model that tears-train exported: {error}") from error
    waveform = _read_waveform(wav, samples, read_sample_rate_hz(model.parent))
    # LiteRT writes about its delegate when it first runs.
    with native_silence():
        scores = runner(**{INPUT: waveform[np.newaxis]})
    return _lines(scores, names, how_many_labels, model)


def _lines(scores: Mapping[str, Signal], names: Sequence[str], how_many: int, model: Path) -> list[str]:
    foreign = sorted(set(names) ^ set(scores))
    if foreign:
        raise LabelWavError(
            f"{model} and the labels do not belong together: {', '.join(foreign)} is in one of them only"
        )
    ranked = sorted(((float(scores[name].item()), name) for name in names), key=lambda pair: -pair[0])
    return [f"{name} (score = {score:.5f})" for score, name in ranked[:how_many]]


def _model_file(graph: Path) -> Path:
    model = graph
    if graph.is_dir():
        newest = newest_number(graph)
        model = (graph / str(newest) if newest else graph) / TFLITE_FILE
    if not model.is_file():
        raise LabelWavError(f"--graph: there is no {model}; name a folder that tears-train exported to")
    return model


def _read_labels(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise LabelWavError(
            f"--labels: {path} cannot be read ({error.strerror}); it must have one label on each line"
        ) from error


def _read_waveform(wav: Path, samples: int, sample_rate_hz: int) -> Signal:
    """Return the beginning of a WAV, followed by silence if it is too short: float32 of shape [samples]."""
    if not wav.is_file():
        raise LabelWavError(f"--wav: there is no {wav}")
    try:
        decoder = open_decoder(wav)
    except UnreadableSoundError as error:
        raise LabelWavError(f"--wav: {wav} cannot be read as sound: it {error.reason}") from error
    with contextlib.closing(decoder):
        if (decoder.rate_hz, decoder.channels) != (sample_rate_hz, 1):
            raise LabelWavError(
                f"{wav} has {decoder.rate_hz} Hz and {decoder.channels} channels, and the model takes one channel of "
                f"{sample_rate_hz} Hz: sox {wav.name} OUT.wav remix - rate {sample_rate_hz}"
            )
        waveform = np.zeros((samples, 1), np.float32)
        # A decoder uses what lies behind the end of the sound as scratch memory.
        waveform[fill(decoder, waveform) :] = 0
    return waveform[:, 0]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the labels; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.speech_commands.label_wav", description=__doc__)
    parser.add_argument("--wav", type=Path, required=True, help="sound to label")
    parser.add_argument("--graph", type=Path, required=True, help="model.tflite, or the folder of one or all versions")
    parser.add_argument("--labels", type=Path, help="file with the labels; default: labels.txt beside the model")
    parser.add_argument("--how_many_labels", type=int, default=3, choices=range(1, MOST_LABELS + 1), metavar="N")
    options = parser.parse_args(arguments)
    try:
        lines = label_wav(options.wav, options.graph, options.labels, options.how_many_labels)
    except (LabelWavError, OwnDataError) as error:
        print(f"label_wav: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
