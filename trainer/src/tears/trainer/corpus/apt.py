"""Download packages with apt. They are never installed."""

import logging
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tears.trainer.corpus.packages import Package, refuse_set_apart
from tears.trainer.errors import CorpusError, PackageError

FETCH_TIMEOUT_SECONDS: Final = 900.0

logger = logging.getLogger(__name__)


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
