"""The list of packages that hold sound; apt downloads them, and they are never installed."""

import csv
import shutil
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from tears.trainer.errors import CorpusError, PackageError

PACKAGES: Final = Path(__file__).with_name("packages.csv")
PACKAGE_COLUMNS: Final = ("package", "version", "kind", "licence", "limit", "raw_rate_hz", "leave_out")
FETCH_TIMEOUT_SECONDS: Final = 900.0
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


def require_programs() -> None:
    """Check that packages can be fetched and opened on this machine.

    Raises:
        CorpusError: apt-get or dpkg-deb is missing.
    """
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise CorpusError(
            f"{' and '.join(missing)} not found: the corpus is made of Debian's packages. Run this on Debian or "
            "Ubuntu, if need be in a container"
        )


def fetch(package: Package, folder: Path) -> Path:
    """Find a package's .deb in a folder, or download it there. Blocks for 15 minutes at most.

    The version in the list is requested first. If the archive no longer has it, the current version is requested.

    Raises:
        PackageError: apt does not know the package, or the archive cannot be reached.
        CorpusError: The package is set apart.
    """
    refuse_set_apart(package.name)
    reason = ""
    versioned = f"{package.name}={package.version}" if package.version else package.name
    for wanted in (None, versioned, package.name):
        if wanted:
            reason = _download(wanted, folder)
        if found := sorted(folder.glob(f"{package.name}_*.deb")):
            return found[-1]
    raise PackageError(f"{package.name} cannot be fetched: {reason}. Run apt-get update, or remove it from the list")


def _download(wanted: str, folder: Path) -> str:
    """Run apt-get download; return why it failed, if it did."""
    try:
        result = subprocess.run(  # noqa: S603 (names come from our list, and no shell reads them)
            ["apt-get", "download", "-q", wanted],  # noqa: S607 (the system knows where apt-get is)
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"apt-get has not finished after {FETCH_TIMEOUT_SECONDS:.0f} s"
    lines = [line for line in result.stderr.splitlines() if line.startswith("E:")]
    return lines[-1].removeprefix("E: ") if lines else f"apt-get ended with {result.returncode}"
