"""Packages from apt: downloaded, never installed."""

import logging
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tears.trainer.corpus.errors import CorpusError, PackageError
from tears.trainer.corpus.packages import Package, refuse_set_apart

FETCH_TIMEOUT_SECONDS: Final = 900.0

logger = logging.getLogger(__name__)


def require_programs() -> None:
    """Makes sure that packages can be fetched and opened here.

    Raises:
        CorpusError: apt-get or dpkg-deb is missing.
    """
    missing = [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise CorpusError(
            f"{' and '.join(missing)} not found: the corpus is made of Debian's packages. Run this on Debian or "
            "Ubuntu (a container will do), or name a folder that holds the .deb files already, and dpkg, with --debs"
        )


def fetch(package: Package, folder: Path) -> Path:
    """Finds a package's .deb in a folder, or downloads it there. Blocks, for 15 minutes at most.

    The version of the list is asked for first; where the archive has moved on, the current one.

    Raises:
        PackageError: apt knows no such package, or it cannot be reached.
    """
    refuse_set_apart(package.name)
    for wanted in (f"{package.name}={package.version}" if package.version else package.name, package.name):
        found = sorted(folder.glob(f"{package.name}_*.deb"))
        if found:
            return found[-1]
        said = _download(wanted, folder)
    found = sorted(folder.glob(f"{package.name}_*.deb"))
    if found:
        return found[-1]
    raise PackageError(f"{package.name} cannot be fetched: {said}. Run apt-get update, or take it off the list")


def _download(wanted: str, folder: Path) -> str:
    try:
        ended = subprocess.run(  # noqa: S603 (names come from our list, and no shell reads them)
            ["apt-get", "download", "-q", wanted],  # noqa: S607 (apt's place is the system's affair)
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=FETCH_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {FETCH_TIMEOUT_SECONDS:.0f} s"
    lines = [line for line in ended.stderr.splitlines() if line.startswith("E:")]
    return lines[-1].removeprefix("E: ") if lines else f"apt-get ended with {ended.returncode}"
