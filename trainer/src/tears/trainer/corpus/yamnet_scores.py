"""Let YAMNet judge the corpus: `python -m tears.trainer.corpus.yamnet_scores FOLDER` writes FOLDER/yamnet.npz."""

import argparse
import csv
import os
import sys
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import float_from_int16
from tears.trainer.corpus.errors import CorpusError
from tears.trainer.corpus.segments_file import ROWS, SEGMENTS
from tears.trainer.errors import TrainingError
from tears.trainer.yamnet import CLASSES, PATCH_SAMPLES, RATE_HZ, Yamnet

SCORES: Final = "yamnet.npz"
CRYING_CLASSES: Final = (19, 20, 21)  # crying and sobbing, baby cry, whimper
SUSPECT_SCORE: Final = 0.2

# One patch, and a sample more for what resampling rounds away.
_SHORTEST_SAMPLES: Final = PATCH_SAMPLES * MODEL_RATE_HZ // RATE_HZ + 2  # 21 500


def listen(folder: Path, yamnet: Yamnet) -> list[tuple[float, int]]:
    """Writes YAMNet's scores of each segment: `mean` and `max` over its frames, float16 of shape [n, 521]. Blocks.

    A segment is heard without the zeros after it, but for what a patch of 0.975 s needs. `rows`, int32 of shape [n],
    says which rows of segments.npy they belong to: all of them, in order.

    Returns:
        (highest score of a crying class, row) of all rows in which one passes 0.2, the highest first.

    Raises:
        CorpusError: The folder holds no corpus.
    """
    try:
        windows = np.load(folder / SEGMENTS, mmap_mode="r")
        with (folder / ROWS).open(newline="", encoding="utf-8") as file:
            lengths = [int(row["length_samples"]) for row in csv.DictReader(file)]
    except OSError as error:
        raise CorpusError(f"{folder} holds no corpus ({error}): make one by tears.trainer.corpus --out") from error
    if len(lengths) != len(windows):
        raise CorpusError(f"{folder}: {len(windows)} segments, but {len(lengths)} lines of {ROWS}: make it anew")
    means, peaks = (np.zeros((len(windows), CLASSES), np.float16) for _ in range(2))
    for row, length in enumerate(lengths):
        scores = yamnet.frame_scores(_without_padding(windows[row], length))
        means[row], peaks[row] = scores.mean(axis=0), scores.max(axis=0)
    with (folder / f"{SCORES}.partial").open("wb") as file_out:
        np.savez(file_out, rows=np.arange(len(windows), dtype=np.int32), mean=means, max=peaks)
    (folder / f"{SCORES}.partial").replace(folder / SCORES)
    crying = peaks[:, CRYING_CLASSES].max(axis=1).astype(np.float32)
    return sorted(((float(crying[row]), int(row)) for row in np.flatnonzero(crying > SUSPECT_SCORE)), reverse=True)


def _without_padding(window: npt.NDArray[np.int16], length_samples: int) -> npt.NDArray[np.float32]:
    return float_from_int16(window[: max(length_samples, _SHORTEST_SAMPLES)])


def main(argv: list[str] | None = None) -> int:
    """Scores a corpus, prints the segments that may be crying, and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.corpus.yamnet_scores", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of segments.npy and segments.csv")
    parser.add_argument("--yamnet", type=Path, default=os.environ.get("TEARS_YAMNET"), help="path of yamnet.tflite")
    args = parser.parse_args(argv)
    if args.yamnet is None:
        parser.error("say where yamnet.tflite is, by --yamnet or TEARS_YAMNET")
    try:
        suspects = listen(args.folder, Yamnet(Path(args.yamnet)))
    except TrainingError as error:
        print(f"tears-corpus: {error}", file=sys.stderr)
        return 1
    with (args.folder / ROWS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for score, row in suspects:
        print(f"{score:.2f} {row:6} {rows[row]['package']} {rows[row]['file']} at {rows[row]['offset_seconds']} s")
    print(f"{len(suspects)} of {len(rows)} segments in which YAMNet hears crying above {SUSPECT_SCORE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
