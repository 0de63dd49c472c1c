"""The list of packages that hold sound, and the packages that must not be used."""

import csv
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from tears.trainer.errors import CorpusError

PACKAGES: Final = Path(__file__).with_name("packages.csv")
PACKAGE_COLUMNS: Final = ("package", "version", "kind", "licence", "limit", "raw_rate_hz", "leave_out")
PACKAGE_KINDS: Final = ("speech", "music", "effects", "animals", "mixed")

# Patterns of package names, and which of their sounds are kept for judging finished models.
# Patterns of package names, and which of their sounds are kept for judging finished models.
SET_APART: Final = {
    "supertuxkart-data": "its effects",
    "fretsonfire-*": "its songs",
    "unknown-horizons": "its effects and voices",
    "ktuberling*": "its voices",
    "asterisk-core-sounds-es*": "its voice",
    "asterisk-core-sounds-fr*": "its voice",
    "asterisk-core-sounds-it*": "its voice",
    "asterisk-prompt-*": "their voices",
}


@dataclass(frozen=True, slots=True)
class Package:
    """A Debian package with sound in it."""

    name: str
    version: str  # the version that the list was made with; if it is gone, another version is fetched and used
    kind: str  # speech, music, effects, animals or mixed
    licence: str  # the licence in the package's debian/copyright, in short
    limit: int | None = None  # the most segments of it; None for the limit of the command
    raw_rate_hz: int | None = None  # the rate of its headerless 16-bit mono files, `.raw`; None if they are not sound
    leave_out: tuple[str, ...] = ()  # patterns of the paths of files to leave out

    def leaves_out(self, path: str) -> bool:
        """Return whether the list says to leave out the file with this path."""
        return any(fnmatchcase(path, pattern) for pattern in self.leave_out)


def read_packages(path: Path) -> list[Package]:
    """Read a list of packages.

    Args:
        path: CSV with the columns `package,version,kind,licence,limit,raw_rate_hz,leave_out`; the last three may be
            empty, and the last one holds patterns separated by spaces.

    Raises:
        CorpusError: The list cannot be read, a line is malformed, or a package in it is set apart.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): --packages takes a CSV file") from error
    missing = [name for name in PACKAGE_COLUMNS if not rows or rows[0].get(name) is None]
    if missing:
        raise CorpusError(f"{path} is empty or lacks the columns {', '.join(missing)}")
    packages = [_package(path, row) for row in rows]
    for package in packages:
        refuse_set_apart(package.name)
    return packages


def refuse_set_apart(name: str) -> None:
    """Refuse a package whose sound is kept for judging finished models.

    Raises:
        CorpusError: The package is one of these.
    """
    for pattern, what in SET_APART.items():
        if fnmatchcase(name, pattern):
            raise CorpusError(
                f"{name} is set apart: {what} belong to the recordings that finished models are judged by, "
                "and a model trained on them would be flattered. Remove it from the list"
            )


def _package(path: Path, row: dict[str, str]) -> Package:
    name, kind = row["package"], row["kind"]
    if not name or kind not in PACKAGE_KINDS:
        raise CorpusError(
            f"{path}: {name or 'a line without a name'} is of kind {kind!r}; known: {', '.join(PACKAGE_KINDS)}"
        )
    limit, raw_rate_hz = _number(path, row, "limit"), _number(path, row, "raw_rate_hz")
    return Package(name, row["version"], kind, row["licence"], limit, raw_rate_hz, tuple(row["leave_out"].split()))


def _number(path: Path, row: dict[str, str], column: str) -> int | None:
    text = row[column]
    if not text:
        return None
    if not text.isdecimal() or int(text) == 0:
        raise CorpusError(f"{path}: {row['package']}: {column} is {text!r}; wanted a whole number above 0, or nothing")
    return int(text)
