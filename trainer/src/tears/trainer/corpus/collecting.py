"""From a list of packages to the corpus: fetched, opened, thinned out, cut, written."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Final

import soundfile

from tears.trainer.corpus.apt import fetch
from tears.trainer.corpus.archives import SoundFile, opened
from tears.trainer.corpus.errors import PackageError
from tears.trainer.corpus.packages import Package
from tears.trainer.corpus.path_words import kind_of, may_be_crying
from tears.trainer.corpus.segments import count_segments, segments
from tears.trainer.corpus.segments_file import SegmentsWriter

SEGMENTS_PER_PACKAGE: Final = 1_200
SEGMENTS_PER_FILE: Final = 24
SEGMENTS_PER_TRACK: Final = 8  # of music: it repeats itself, and there is more of it than of all else

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What was passed over, and why: packages by name, files by number."""

    missing_packages: list[str] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)


def collect(
    packages: Iterable[Package],
    debs: Path,
    writer: SegmentsWriter,
    *,
    held_out: frozenset[str] = frozenset(),
    per_package: int = SEGMENTS_PER_PACKAGE,
    per_file: int = SEGMENTS_PER_FILE,
) -> Tally:
    """Writes the segments of all packages; one that cannot be had is skipped, with a warning. Blocks for long.

    Args:
        packages: In the order in which they are written.
        debs: The folder that holds the .deb files, or takes them.
        writer: Open.
        held_out: Names of recordings that a model is to be tested on: see `is_held_out`.
        per_package: At most so many segments of one package, unless it has a limit of its own.
        per_file: At most so many segments of one file.

    Raises:
        CorpusError: The disk is full.
    """
    tally = Tally()
    for package in packages:
        try:
            deb = fetch(package, debs)
            with opened(deb) as sounds:
                _collect_package(package, deb, sounds, writer, tally, held_out, package.limit or per_package, per_file)
        except PackageError as error:
            logger.warning("%s is skipped: %s", package.name, error)
            tally.missing_packages.append(package.name)
            continue
        written = sum(count for (name, _), count in writer.counts.items() if name == package.name)
        logger.info("%s: %d segments of %d sound files", package.name, written, len(sounds))
    return tally


def _collect_package(
    package: Package,
    deb: Path,
    sounds: Sequence[SoundFile],
    writer: SegmentsWriter,
    tally: Tally,
    held_out: frozenset[str],
    limit: int,
    per_file: int,
) -> None:
    version = deb.name.split("_")[1].replace("%3a", ":")
    wanted = [
        (sound, kind_of(sound.path, package.kind)) for sound in sounds if _is_wanted(package, sound, held_out, tally)
    ]
    fit = [
        min(count_segments(sound.read(), _raw_rate_hz(package, sound)), _most(kind, per_file)) for sound, kind in wanted
    ]
    share = fair_share(fit, limit, per_file)
    written = 0
    for sound, kind in shuffled(wanted):
        if written >= limit:
            tally.files["beyond the package's limit"] += 1
            continue
        most = min(share, _most(kind, per_file), limit - written)
        try:
            for segment in segments(sound.read(), most, _raw_rate_hz(package, sound)):
                written += writer.append(segment, package.name, version, sound.path, kind, package.licence)
        except soundfile.LibsndfileError as error:
            logger.debug("%s of %s cannot be decoded: %s", sound.path, package.name, error)
            tally.files["not decodable"] += 1


def _most(kind: str, per_file: int) -> int:
    return min(per_file, SEGMENTS_PER_TRACK) if kind == "music" else per_file


def _is_wanted(package: Package, sound: SoundFile, held_out: frozenset[str], tally: Tally) -> bool:
    if sound.suffix == ".raw" and package.raw_rate_hz is None:
        why = "raw, of unknown rate"
    elif package.leaves_out(sound.path):
        why = "left out by the list"
    elif may_be_crying(sound.path):
        why = "may be crying, by its name"
    elif is_held_out(sound.path, held_out):
        why = "held out for testing"
    else:
        return True
    tally.files[why] += 1
    return False


def is_held_out(path: str, held_out: frozenset[str]) -> bool:
    """Whether a path's last part is held out: by name (`dog.ogg`), or by language, its stem's end (`dog_desc_fr`)."""
    name = path.replace("!", "/").rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0]
    return name in held_out or ("_" in stem and stem.rsplit("_", 1)[-1] in held_out)


def fair_share(fit: Sequence[int], limit: int, most: int) -> int:
    """How many segments each file may give, so that all of them get a word in: some of every file, not all of some.

    Args:
        fit: How many segments fit into each file.
        limit: At most so many of all files together.
        most: At most so many of one.

    Returns:
        The largest share that keeps to both, but at least 1.
    """
    shares = range(most, 0, -1)
    return next((share for share in shares if sum(min(count, share) for count in fit) <= limit), 1)


def shuffled(sounds: Iterable[tuple[SoundFile, str]]) -> list[tuple[SoundFile, str]]:
    """Files with their kinds, in an order whose beginning can stand for all, and which is always the same.

    Neighbours in a folder sound alike, so each kind is shuffled, by a hash of the path; and a package of a few animals
    and thousands of names of things gives the animals first: kinds take turns while they last.
    """
    by_hash = sorted(sounds, key=_path_hash)
    turns: Counter[str] = Counter()
    placed = []
    for sound, kind in by_hash:
        placed.append((turns[kind], kind, sound))
        turns[kind] += 1
    return [(sound, kind) for _, kind, sound in sorted(placed, key=itemgetter(0, 1))]


def _path_hash(sound_and_kind: tuple[SoundFile, str]) -> bytes:
    return hashlib.blake2b(sound_and_kind[0].path.encode(errors="surrogateescape")).digest()


def _raw_rate_hz(package: Package, sound: SoundFile) -> int | None:
    return package.raw_rate_hz if sound.suffix == ".raw" else None
