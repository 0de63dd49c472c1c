"""Write the labelled clips in own_data's format: `crying/` and `other/`, WAVs of 5 s of 22 050 Hz."""

import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import soundfile

from tears.audio.constants import MODEL_RATE_HZ
from tears.journal.errors import ClipStoreError
from tears.journal.teaching.lesson_material import MaterialClip
from tears.kit.files import PRIVATE_FILE_MODE, FilesTogether, cannot_write
from tears.own_data.labels.label_names import CRYING


class ExportedClips(msgspec.Struct, frozen=True, kw_only=True):
    """How many clips with crying, and with other sounds, were written."""

    crying: int
    other: int


def write_clips(clips: Iterable[MaterialClip], folder: Path) -> ExportedClips:
    """Write clips into a folder that is new or empty, all or none; `tears-train --fine_tune` takes it.

    Raises:
        ClipStoreError: The folder holds something already, or cannot be written.
    """
    counts = Counter[str]()
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ClipStoreError(f"{folder} is not empty; name a new folder, so that nothing in it is mixed up")
        with FilesTogether() as files:
            for path, content in _named(clips):
                files.add(folder / path, content, mode=PRIVATE_FILE_MODE)
                counts[path.parts[0]] += 1
    except OSError as error:
        raise ClipStoreError(cannot_write(error)) from error
    return ExportedClips(crying=counts[CRYING], other=counts.total() - counts[CRYING])


def zip_pieces(clips: Iterable[MaterialClip]) -> Iterator[bytes]:
    """Yield a ZIP of the same files, piece by piece: memory does not grow with their number."""
    pieces = _Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_STORED) as archive:
        for path, content in _named(clips):
            archive.writestr(path.as_posix(), content)
            yield pieces.take()
    yield pieces.take()


def _named(clips: Iterable[MaterialClip]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the path of each clip below the folder, and its content."""
    for clip in clips:
        content = io.BytesIO()
        soundfile.write(content, clip.samples, MODEL_RATE_HZ, format="WAV", subtype="PCM_16")
        yield clip.name, content.getvalue()


class _Pieces(io.RawIOBase):
    """A file that is only written, from its beginning to its end, and taken away in pieces."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Keep `data` until it is taken."""
        content = bytes(data)
        self._waiting.append(content)
        return len(content)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        content = b"".join(self._waiting)
        self._waiting.clear()
        return content
