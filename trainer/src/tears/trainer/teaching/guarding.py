"""Make the guard set of a model: the features of clips that it was not fitted to.

    python -m tears.trainer.teaching.guarding --dataset DIR --model models/cry/1

The clips are those of the validation and test splits, each as it was recorded and once more in a noisy room. The file
has features and labels, no sound and no names; recordings are numbered in the order of a hash.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tears.audio.constants import WINDOW_SECONDS
from tears.own_data.teaching.guard_set import GuardSet, write_guard_set
from tears.own_data.versions.proof import write_checksums
from tears.own_data.versions.tflite_head import find_head_places, read_head
from tears.own_data.versions.version_files import GUARD_FILE, TFLITE_FILE
from tears.trainer.manifest import DATASET_HELP, DatasetClip, read_clip, read_manifest, several_paths
from tears.trainer.module_command import module_command
from tears.trainer.teaching.heard_clips import Embedder, in_a_room

GUARD_SPLITS = ("val", "test")
_GUARD_SEED = 20_261


@module_command("guarding", OSError)
def main(arguments: Sequence[str] | None = None) -> None:
    """Write guard_set.npz into the version's folder, and say what is in it."""
    parser = argparse.ArgumentParser(
        prog="python -m tears.trainer.teaching.guarding",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    parser.add_argument("--model", type=Path, default=Path("models/cry/1"), help="folder of the model's version")
    options = parser.parse_args(arguments)
    guard = make_guard_set(options.model, guard_clips(read_manifest(*options.dataset)))
    write_guard_set(options.model, guard)
    write_checksums(options.model)
    path = options.model / GUARD_FILE
    print(
        f"{path}: {guard.is_crying.sum()} rows of crying and {(~guard.is_crying).sum()} of other sounds, of "
        f"{guard.recordings.max() + 1} recordings; {path.stat().st_size / 1000:.0f} kB"
    )


def guard_clips(clips: Sequence[DatasetClip]) -> list[DatasetClip]:
    """Return the clips that the model was not fitted to and whose label is not in doubt."""
    return [clip for clip in clips if clip.split in GUARD_SPLITS and not (clip.is_crying and clip.label_suspect)]


def make_guard_set(version: Path, clips: Sequence[DatasetClip]) -> GuardSet:
    """Compute the features of each clip, twice; raises as `read_clip` does."""
    content = (version / TFLITE_FILE).read_bytes()
    embedder = Embedder(version / TFLITE_FILE)
    rng = np.random.default_rng(_GUARD_SEED)
    features = []
    for clip in clips:
        samples = read_clip(clip)
        heard, _ = in_a_room(samples, int(WINDOW_SECONDS), rng)
        features += [embedder.features(samples), embedder.features(heard)]
    hashes = [hashlib.sha256(f"{clip.source}\n{clip.original_recording}".encode()).digest() for clip in clips]
    numbers = {name: number for number, name in enumerate(sorted(set(hashes)))}
    return GuardSet(
        features=np.array(features, np.float32),
        is_crying=np.repeat([clip.is_crying for clip in clips], 2),
        recordings=np.repeat(np.array([numbers[one] for one in hashes], np.int32), 2),
        shipped=read_head(content),
        places=find_head_places(content),
    )


if __name__ == "__main__":
    sys.exit(main())
