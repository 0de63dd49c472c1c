"""Slides the pipeline's window over a night and writes what the model says.

python -m tears.training.night_scores --model models/cry/1/model.tflite --out DIR night.flac...
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from tears.alerter.policy import Observation
from tears.audio import WINDOW_SECONDS, Window, int16_from_float, make_window
from tears.training.frontend import as_waveform
from tears.training.scorers import ModelScorer, Scorer


def detections(
    samples: npt.NDArray[np.int16], rate_hz: int, scorer: ModelScorer, hop_seconds: float, gain_db: float | None
) -> list[Observation]:
    """One detection for each whole window of a night, one every hop.

    Args:
        samples: int16 of shape [n], mono.
        rate_hz: Their rate.
        scorer: The model.
        hop_seconds: From window to window.
        gain_db: Fixed gain in decibels, None for automatic.
    """
    found = []
    for end_seconds, window in _windows(samples, rate_hz, hop_seconds, gain_db):
        score = scorer.score_waveform(as_waveform(window.samples))
        found.append(Observation(end_seconds, score, window.level_dbfs))
    return found


def anchor_detections(
    samples: npt.NDArray[np.int16], rate_hz: int, scorer: Scorer, hop_seconds: float
) -> list[Observation]:
    """The same of an anchor, which hears windows as they were captured."""
    return [
        Observation(end_seconds, scorer.score(window.samples), window.level_dbfs)
        for end_seconds, window in _windows(samples, rate_hz, hop_seconds, 0.0)
    ]


def _windows(
    samples: npt.NDArray[np.int16], rate_hz: int, hop_seconds: float, gain_db: float | None
) -> Iterator[tuple[float, Window]]:
    """Each whole window, and the second in which it ends."""
    length, hop = WINDOW_SECONDS * rate_hz, round(hop_seconds * rate_hz)
    for start in range(0, len(samples) - length + 1, hop):
        yield (start + length) / rate_hz, make_window(samples[start : start + length], rate_hz, gain_db)


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes a file of detections beside each night's name; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.training.night_scores", description=__doc__)
    parser.add_argument("nights", nargs="+", type=Path, help="recordings, mono, 16 bit")
    parser.add_argument("--model", type=Path, default=Path("models/cry/1/model.tflite"))
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.detections.jsonl")
    parser.add_argument("--hop-seconds", type=float, default=1.0)
    parser.add_argument("--gain-db", default="auto", help="auto, or decibels")
    options = parser.parse_args(arguments)
    gain_db = None if options.gain_db == "auto" else float(options.gain_db)
    scorer = ModelScorer(options.model)
    options.out.mkdir(parents=True, exist_ok=True)
    for path in options.nights:
        samples, rate_hz = soundfile.read(path, dtype="float64")
        found = detections(int16_from_float(samples), rate_hz, scorer, options.hop_seconds, gain_db)
        lines = [
            json.dumps(
                {
                    "end_seconds": d.end_seconds,
                    "level_dbfs": round(d.level_dbfs, 2),
                    "cry_score": round(d.score or 0.0, 5),
                }
            )
            for d in found
        ]
        (options.out / f"{path.stem}.detections.jsonl").write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
