"""Write a version that differs from another in the last layer of the decision, without TensorFlow."""

from pathlib import Path

from tears.own_data.errors import HeadError
from tears.own_data.versions.decision_head import DecisionHead
from tears.own_data.versions.tflite_head import read_head, replace_head
from tears.own_data.versions.version_copy import write_version_beside
from tears.own_data.versions.version_files import TFLITE_FILE


def read_version_head(version: Path) -> DecisionHead:
    """Return the head of a version's model.tflite.

    Raises:
        HeadError: The file cannot be read, or has no head that can be replaced; the message names it.
    """
    content = _read(version / TFLITE_FILE)
    try:
        return read_head(content)
    except HeadError as error:
        raise HeadError(f"{version / TFLITE_FILE}: {error}") from error


def write_version_with_head(source: Path, head: DecisionHead, target: Path) -> None:
    """Write a version that is another one with a new head; it appears whole or not at all.

    It has model.tflite, in which only the head's bytes differ, its checksums, and the files that do not depend on
    the head: labels, the waveform's rate, warm-up requests and the guard set. SavedModel, expected scores, verdict and
    card belong to the old head, and are left out.

    Raises:
        HeadError: The source has no head that can be replaced, the new one does not fit, or the target exists.
        OSError: The target cannot be written.
    """
    if target.exists():
        raise HeadError(f"{target} exists already; name a folder that does not, such as the next number")
    content = _read(source / TFLITE_FILE)
    try:
        patched = replace_head(content, head)
    except HeadError as error:
        raise HeadError(f"{source / TFLITE_FILE}: {error}") from error
    write_version_beside(source, patched, target)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HeadError(
            f"{path} cannot be read ({error.strerror}); name a version's folder, such as models/cry/1"
        ) from error
