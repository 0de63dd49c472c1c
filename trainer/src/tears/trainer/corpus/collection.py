"""Make the corpus from a list of packages: fetch them, choose among their sound files, cut and write segments."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Final

import soundfile

from tears.trainer.corpus.archives import SoundFile, open_package
from tears.trainer.corpus.packages import Package, fetch
from tears.trainer.corpus.segments import count_segments, read_segments
from tears.trainer.corpus.segments_file import SegmentsWriter
from tears.trainer.errors import PackageError

SEGMENTS_PER_PACKAGE: Final = 1_200
SEGMENTS_PER_FILE: Final = 24
# Music repeats itself, and there is more of it than of all other sounds.
SEGMENTS_PER_MUSIC_TRACK: Final = 8

# Found anywhere in a path, except in "infantry".
_CRYING_PARTS: Final = re.compile(r"baby|bebe|babies|infant(?!ry)|whimper|crying|newborn|sobbing|nursery")
_CRYING_WORDS: Final = {"cry", "cries", "cried", "sob", "sobs", "weep", "weeps", "weeping", "wail", "wailing"}

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_WORDS_OF_KIND: Final = {
    "music": "music musics soundtrack songs song moh intro theme anthem anthems bgm chiptune ringtones",
    "speech": "voice voices speech spoken talk desc codriver memressp countdown comments taunt taunts human announcer",
    "animals": "animal animals birds cat cats dog dogs farm wildlife sheep",
}
_KIND_OF_WORD: Final = {word: kind for kind, words in _WORDS_OF_KIND.items() for word in words.split()}

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class CollectionTally:
    """The names of the skipped packages, and the number of skipped files for each reason."""

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
) -> CollectionTally:
    """Write the segments of all packages. Blocks for a long time.

    A package that cannot be fetched or opened is skipped with a warning.

    Args:
        packages: The packages, in the order in which they are written.
        debs: The folder of the .deb files; missing ones are downloaded into it.
        writer: Its context is open.
        held_out: Names of recordings that a model is to be tested on; `is_held_out` compares them.
        per_package: The most segments of one package, unless the package has its own limit.
        per_file: The most segments of one file.

    Raises:
        CorpusError: The disk is full.
    """
    tally = CollectionTally()
    for package in packages:
        try:
            deb = fetch(package, debs)
            with open_package(deb) as sounds:
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
    tally: CollectionTally,
    held_out: frozenset[str],
    limit: int,
    per_file: int,
) -> None:
    version = deb.name.split("_")[1].replace("%3a", ":")
    wanted = [
        (sound, kind_of_sound(sound.path, package.kind))
        for sound in sounds
        if _is_wanted(package, sound, held_out, tally)
    ]
    most_of_kind = {"music": min(per_file, SEGMENTS_PER_MUSIC_TRACK)}
    fit = [
        min(count_segments(sound.read(), _raw_rate_hz(package, sound)), most_of_kind.get(kind, per_file))
        for sound, kind in wanted
    ]
    share = fair_share(fit, limit, per_file)
    written = 0
    for sound, kind in representative_order(wanted):
        if written >= limit:
            tally.files["beyond the package's limit"] += 1
            continue
        most = min(share, most_of_kind.get(kind, per_file), limit - written)
        try:
            for segment in read_segments(sound.read(), most, _raw_rate_hz(package, sound)):
                written += writer.append(segment, package.name, version, sound.path, kind, package.licence)
        except soundfile.LibsndfileError as error:
            logger.debug("%s of %s cannot be decoded: %s", sound.path, package.name, error)
            tally.files["not decodable"] += 1


def _is_wanted(package: Package, sound: SoundFile, held_out: frozenset[str], tally: CollectionTally) -> bool:
    if sound.suffix == ".raw" and package.raw_rate_hz is None:
        reason = "raw, of unknown rate"
    elif package.leaves_out(sound.path):
        reason = "left out by the list"
    elif may_be_crying(sound.path):
        reason = "may be crying, by its name"
    elif is_held_out(sound.path, held_out):
        reason = "held out for testing"
    else:
        return True
    tally.files[reason] += 1
    return False


def is_held_out(path: str, held_out: frozenset[str]) -> bool:
    """Return whether a file is held out, by its name (`dog.ogg`) or by the language in its name (`dog_desc_fr.ogg`)."""
    name = path.replace("!", "/").rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0]
    return name in held_out or ("_" in stem and stem.rsplit("_", 1)[-1] in held_out)


def fair_share(fit: Sequence[int], limit: int, most: int) -> int:
    """Return how many segments each file may give, so that every file gives some: at least 1 and at most `most`.

    `fit` says how many fit into each file. All files together give at most `limit`, unless there are more files.
    """
    shares = range(most, 0, -1)
    return next((share for share in shares if sum(min(count, share) for count in fit) <= limit), 1)


def representative_order(sounds: Iterable[tuple[SoundFile, str]]) -> list[tuple[SoundFile, str]]:
    """Order files so that any number of the first ones represents all. The order is always the same.

    Neighbours in a folder sound alike, so each kind is shuffled by a hash of the path. The kinds then take turns, so
    that a few animals come before most of a thousand spoken words.
    """
    by_hash = sorted(sounds, key=lambda pair: hashlib.blake2b(pair[0].path.encode(errors="surrogateescape")).digest())
    turns: Counter[str] = Counter()
    placed = []
    for sound, kind in by_hash:
        placed.append((turns[kind], kind, sound))
        turns[kind] += 1
    return [(sound, kind) for _, kind, sound in sorted(placed, key=itemgetter(0, 1))]


def _raw_rate_hz(package: Package, sound: SoundFile) -> int | None:
    return package.raw_rate_hz if sound.suffix == ".raw" else None


def words_of(path: str) -> list[str]:
    """Return the words of a path in lower case. Capitals, digits and punctuation begin a new word."""
    return [word.lower() for word in _WORD.findall(path)]


def may_be_crying(path: str) -> bool:
    """Return whether a path has a word about a baby or about crying."""
    return bool(_CRYING_PARTS.search(path.lower()) or _CRYING_WORDS.intersection(words_of(path)))


def kind_of_sound(path: str, package_kind: str) -> str:
    """Return speech, music, animals or effects: the package's kind, or in a mixed package what the path suggests."""
    if package_kind != "mixed":
        return package_kind
    return next((_KIND_OF_WORD[word] for word in reversed(words_of(path)) if word in _KIND_OF_WORD), "effects")
