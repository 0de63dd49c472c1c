"""Slide the pipeline's window over a night and write the model's score of each window.

python -m tears.trainer.evaluation.night_scores --model models/cry/1/model.tflite --out DIR night.flac...
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import soundfile

from tears.audio.constants import WINDOW_SECONDS
from tears.audio.format import Int16Array, int16_from_float
from tears.audio.window import make_window
from tears.own_data.scoring.model_scorer import ModelScorer
from tears.policy.episode_rule import Observation
from tears.trainer.errors import NightError
from tears.trainer.evaluation.scorers import WindowScorer
from tears.trainer.module_command import module_command

NIGHT_SCORES_PROG = "python -m tears.trainer.evaluation.night_scores"


def detections(
    samples: Int16Array, rate_hz: int, scorer: WindowScorer, hop_seconds: float, gain_db: float | None
) -> list[Observation]:
    """Score each whole window of a night, one every hop; the samples are int16 of shape [n], mono.

    The scorer is given windows after the gain, in decibels or automatic for None. So a model must not amplify again: it
    needs a scorer with a gain of 0 dB.
    """
    length, hop = WINDOW_SECONDS * rate_hz, round(hop_seconds * rate_hz)
    observations = []
    for start in range(0, len(samples) - length + 1, hop):
        window = make_window(samples[start : start + length], rate_hz, gain_db)
        observations.append(Observation((start + length) / rate_hz, scorer.score(window.samples), window.level_dbfs))
    return observations


@module_command(NIGHT_SCORES_PROG, OSError)
def main(arguments: Sequence[str] | None = None) -> None:
    """Write a file of detections for each night."""
    parser = argparse.ArgumentParser(prog=NIGHT_SCORES_PROG, description=__doc__)
    parser.add_argument("nights", nargs="+", type=Path, help="recordings, mono, 16 bit")
    parser.add_argument("--model", type=Path, default=Path("models/cry/1/model.tflite"))
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.detections.jsonl")
    parser.add_argument("--hop-seconds", type=float, default=1.0)
    parser.add_argument("--gain-db", type=_gain_db, default="auto", help="auto, or decibels")
    options = parser.parse_args(arguments)
    scorer = ModelScorer(options.model, gain_db=0.0)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.nights:
        samples, rate_hz = read_night_sound(path)
        lines = []
        for one in detections(samples, rate_hz, scorer, options.hop_seconds, options.gain_db):
            line = {"end_seconds": one.end_seconds, "level_dbfs": round(one.level_dbfs, 2)}
            lines.append(json.dumps(line | {"cry_score": round(one.score or 0.0, 5)}))
        (options.out / f"{path.stem}.detections.jsonl").write_text("\n".join(lines) + "\n")


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


if __name__ == "__main__":
    sys.exit(main())
