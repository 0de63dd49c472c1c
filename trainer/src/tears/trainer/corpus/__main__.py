"""Collect unlabelled sound from Debian's packages: `python -m tears.trainer.corpus --out FOLDER`."""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tears.trainer.corpus.collection import SEGMENTS_PER_FILE, SEGMENTS_PER_PACKAGE, CollectionTally, collect
from tears.trainer.corpus.packages import PACKAGES, read_packages, require_programs
from tears.trainer.corpus.segments_file import SegmentsWriter
from tears.trainer.manifest import DATASET_HELP, read_manifest, several_paths
from tears.trainer.module_command import module_command


@module_command("tears-corpus")
def main(arguments: Sequence[str] | None = None) -> None:
    """Collect the corpus, and print what it holds by package and kind."""
    parser = argparse.ArgumentParser(prog="python -m tears.trainer.corpus", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for segments.npy and segments.csv")
    parser.add_argument("--packages", type=Path, default=PACKAGES, help="CSV list of packages (default: ours)")
    parser.add_argument("--debs", type=Path, help="folder of .deb files, kept between runs (default: OUT/debs)")
    parser.add_argument(
        "--dataset", type=several_paths, help=f"leave out the recordings of val and test: a {DATASET_HELP}"
    )
    parser.add_argument("--per-package", type=int, default=SEGMENTS_PER_PACKAGE, help="most segments of a package")
    parser.add_argument("--per-file", type=int, default=SEGMENTS_PER_FILE, help="most segments of a file")
    args = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    packages = read_packages(args.packages)
    require_programs()
    held_out = _held_out(args.dataset) if args.dataset else frozenset()
    debs = args.debs or args.out / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    with SegmentsWriter(args.out) as writer:
        limits = {"per_package": args.per_package, "per_file": args.per_file}
        tally = collect(packages, debs, writer, held_out=held_out, **limits)
    print(_summary(writer, tally))


def _held_out(dataset: Sequence[Path]) -> frozenset[str]:
    recordings = (clip.original_recording for clip in read_manifest(*dataset) if clip.split != "train")
    return frozenset(name.replace(":", "/").rsplit("/", 1)[-1] for name in recordings)


def _summary(writer: SegmentsWriter, tally: CollectionTally) -> str:
    kinds: Counter[str] = Counter()
    for (_, kind), count in writer.counts.items():
        kinds[kind] += count
    lines = [f"{package:32} {kind:8} {count:6}" for (package, kind), count in sorted(writer.counts.items())]
    lines += [f"{'all':32} {kind:8} {count:6} {writer.seconds[kind] / 3600:6.2f} h" for kind, count in kinds.items()]
    lines.append(f"{'all':32} {'':8} {kinds.total():6} {sum(writer.seconds.values()) / 3600:6.2f} h")
    lines.append(f"skipped: {writer.duplicates} segments that were there already")
    lines += [f"skipped: {count} files: {why}" for why, count in sorted(tally.files.items())]
    if tally.missing_packages:
        lines.append(f"skipped: {len(tally.missing_packages)} packages: {' '.join(tally.missing_packages)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
