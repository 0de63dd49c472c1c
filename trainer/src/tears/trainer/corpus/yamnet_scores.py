"""Score the corpus with YAMNet: `python -m tears.trainer.corpus.yamnet_scores FOLDER` writes FOLDER/yamnet.npz."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import float_from_int16
from tears.kit.files import write_with
from tears.trainer.corpus.segments_file import read_corpus
from tears.trainer.module_command import module_command
from tears.trainer.teachers.yamnet import PATCH_SAMPLES, YAMNET_CLASSES, YAMNET_RATE_HZ, Yamnet

YAMNET_SCORES_FILE: Final = "yamnet.npz"
CRYING_CLASSES: Final = (19, 20, 21)  # crying and sobbing, baby cry, whimper
SUSPECT_SCORE: Final = 0.2

# One of YAMNet's frames, and one sample more because resampling rounds.
_SHORTEST_SAMPLES: Final = PATCH_SAMPLES * MODEL_RATE_HZ // YAMNET_RATE_HZ + 2  # 21 500


def score_corpus(folder: Path, yamnet: Yamnet) -> list[tuple[float, int]]:
    """Write YAMNet's scores of each segment: `mean` and `max` over its frames, float16 of shape [n, 521]. Blocks.

    The zeros after a short segment are scored only as far as a frame of 0.975 s needs them. The file also holds `rows`,
    int32 of shape [n]: the rows of segments.npy that the scores belong to, which are all rows in order.

    Returns:
        (highest score of a crying class, row) for each row where a crying class exceeds 0.2, the highest first.

    Raises:
        CorpusError: There is no whole corpus in the folder.
    """
    windows, lines = read_corpus(folder, "r")
    means, peaks = (np.zeros((len(windows), YAMNET_CLASSES), np.float16) for _ in range(2))
    for row, line in enumerate(lines):
        length = max(int(line["length_samples"]), _SHORTEST_SAMPLES)
        scores = yamnet.frame_scores(float_from_int16(windows[row, :length]))
        means[row], peaks[row] = scores.mean(axis=0), scores.max(axis=0)
    rows = np.arange(len(windows), dtype=np.int32)
    write_with(folder / YAMNET_SCORES_FILE, lambda part: np.savez(part, rows=rows, mean=means, max=peaks))
    crying = peaks[:, CRYING_CLASSES].max(axis=1).astype(np.float32)
    return sorted(((float(crying[row]), int(row)) for row in np.flatnonzero(crying > SUSPECT_SCORE)), reverse=True)


@module_command("tears-corpus")
def main(arguments: Sequence[str] | None = None) -> None:
    """Score a corpus, and print the segments that may be crying."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.corpus.yamnet_scores", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of segments.npy and segments.csv")
    parser.add_argument("--yamnet", type=Path, default=os.environ.get("TEARS_YAMNET"), help="path of yamnet.tflite")
    args = parser.parse_args(arguments)
    if args.yamnet is None:
        parser.error("name the path of yamnet.tflite with --yamnet or TEARS_YAMNET")
    suspects = score_corpus(args.folder, Yamnet(Path(args.yamnet)))
    _, rows = read_corpus(args.folder, "r")
    for score, row in suspects:
        print(f"{score:.2f} {row:6} {rows[row]['package']} {rows[row]['file']} at {rows[row]['offset_seconds']} s")
    print(f"{len(suspects)} of {len(rows)} segments score above {SUSPECT_SCORE} for crying")


if __name__ == "__main__":
    sys.exit(main())
