"""Slide the pipeline's window over a night and write the model's score of each window.

python -m tears.trainer.evaluation.night_scores --model models/cry/1/model.tflite --out DIR night.flac...
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

from tears.audio.constants import WINDOW_SECONDS
from tears.audio.format import Int16Array, float_from_int16, int16_from_float
from tears.audio.window import Window, make_window
from tears.own_data.errors import OwnDataError
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.episode_rule import Observation
from tears.trainer.errors import TrainingError
from tears.trainer.evaluation.nights.errors import NightError
from tears.trainer.evaluation.scorers import WindowScorer


def detections(
    samples: Int16Array, rate_hz: int, scorer: ModelScorer, hop_seconds: float, gain_db: float | None
) -> list[Observation]:
    """Score each whole window of a night, one every hop.

    Args:
        samples: int16 of shape [n], mono.
        rate_hz: The sample rate.
        scorer: The model.
        hop_seconds: From window to window.
        gain_db: Fixed gain in decibels, None for automatic.
    """
    return [
        Observation(end_seconds, scorer.score_waveform(float_from_int16(window.samples)), window.level_dbfs)
        for end_seconds, window in _windows(samples, rate_hz, hop_seconds, gain_db)
    ]


def anchor_detections(samples: Int16Array, rate_hz: int, scorer: WindowScorer, hop_seconds: float) -> list[Observation]:
    """Score the windows with an anchor, which gets them without gain."""
    return [
        Observation(end_seconds, scorer.score(window.samples), window.level_dbfs)
        for end_seconds, window in _windows(samples, rate_hz, hop_seconds, 0.0)
    ]


def _windows(
    samples: Int16Array, rate_hz: int, hop_seconds: float, gain_db: float | None
) -> Iterator[tuple[float, Window]]:
    """Yield each whole window and the second in which it ends."""
    length, hop = WINDOW_SECONDS * rate_hz, round(hop_seconds * rate_hz)
    for start in range(0, len(samples) - length + 1, hop):
        yield (start + length) / rate_hz, make_window(samples[start : start + length], rate_hz, gain_db)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a file of detections for each night; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.evaluation.night_scores", description=__doc__)
    parser.add_argument("nights", nargs="+", type=Path, help="recordings, mono, 16 bit")
    parser.add_argument("--model", type=Path, default=Path("models/cry/1/model.tflite"))
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.detections.jsonl")
    parser.add_argument("--hop-seconds", type=float, default=1.0)
    parser.add_argument("--gain-db", type=_gain_db, default="auto", help="auto, or decibels")
    options = parser.parse_args(arguments)
    try:
        scorer = ModelScorer(options.model)
        options.out.mkdir(parents=True, exist_ok=True)
        for path in options.nights:
            samples, rate_hz = read_night_sound(path)
            _write(detections(samples, rate_hz, scorer, options.hop_seconds, options.gain_db), options.out, path.stem)
    except (TrainingError, OwnDataError, OSError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def _gain_db(text: str) -> float | None:
    return None if text == "auto" else float(text)


def read_night_sound(path: Path) -> tuple[Int16Array, int]:
    """Read a recording of one channel: int16 of shape [n], and its sample rate.

    Raises:
        NightError: It cannot be read, or has more than one channel.
    """
    try:
        samples, rate_hz = soundfile.read(path, dtype="float64")
    except (soundfile.SoundFileError, OSError) as error:
        raise NightError(f"{path} cannot be read as sound: {error}") from error
    if samples.ndim > 1:
        raise NightError(f"{path} has {samples.shape[1]} channels; a recorder writes one")
    return int16_from_float(samples), rate_hz


def _write(observations: Sequence[Observation], folder: Path, name: str) -> None:
    lines = [
        json.dumps(
            {
                "end_seconds": observation.end_seconds,
                "level_dbfs": round(observation.level_dbfs, 2),
                "cry_score": round(observation.score or 0.0, 5),
            }
        )
        for observation in observations
    ]
    (folder / f"{name}.detections.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
