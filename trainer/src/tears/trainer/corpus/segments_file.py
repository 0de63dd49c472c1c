"""The corpus on disk: one array of segments to map into memory, and a line of CSV for each of its rows."""

import csv
import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.trainer.corpus.errors import CorpusError
from tears.trainer.corpus.segments import Segment

SEGMENTS: Final = "segments.npy"
ROWS: Final = "segments.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """Where a segment comes from."""

    row: int
    package: str
    version: str
    file: str
    kind: str
    offset_seconds: float
    length_samples: int
    native_rate_hz: int
    channels: int
    licence: str


class SegmentsWriter:
    """Appends segments to `<folder>/segments.npy`, int16 of shape [n, 110 250], and their origin to `segments.csv`.

    A shorter segment stands at the start of its row, with zeros after it. A segment whose samples were there before
    is passed over. Both files are written under other names and renamed when the context is left; if it is left by
    an exception they are removed.

    Attributes:
        counts: Segments written, by (package, kind).
        seconds: Seconds written, by kind.
        duplicates: Segments passed over.
    """

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.seconds: dict[str, float] = {}
        self.duplicates = 0
        self._folder = folder
        self._heard: set[bytes] = set()
        self._rows = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._segments = self._partial(SEGMENTS).open("wb")
        self._write_header()
        self._csv = self._partial(ROWS).open("w", newline="", encoding="utf-8")
        self._lines = csv.writer(self._csv)
        self._lines.writerow([field.name for field in fields(Row)])
        return self

    def append(self, segment: Segment, package: str, version: str, file: str, kind: str, licence: str) -> bool:
        """Adds a segment, unless it has been heard before.

        Returns:
            Whether it was added.

        Raises:
            CorpusError: The disk is full.
        """
        digest = hashlib.blake2b(segment.samples.tobytes(), digest_size=16).digest()
        if digest in self._heard:
            self.duplicates += 1
            return False
        self._heard.add(digest)
        window = np.zeros(WINDOW_SAMPLES, "<i2")
        window[: segment.samples.size] = segment.samples
        offset = round(segment.offset_seconds, 3)
        origin = (offset, segment.samples.size, segment.native_rate_hz, segment.channels)
        try:
            self._segments.write(window.tobytes())
            self._lines.writerow([self._rows, package, version, file, kind, *origin, licence])
        except OSError as failure:
            raise self._full(failure) from failure
        self._rows += 1
        self.counts[package, kind] += 1
        self.seconds[kind] = self.seconds.get(kind, 0.0) + segment.samples.size / MODEL_RATE_HZ
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._remove()
            return
        try:
            self._segments.seek(0)
            self._write_header()
            self._segments.close()
            self._csv.close()
        except OSError as failure:
            self._remove()
            raise self._full(failure) from failure
        for name in (SEGMENTS, ROWS):
            self._partial(name).replace(self._folder / name)

    def _remove(self) -> None:
        for file, name in ((self._segments, SEGMENTS), (self._csv, ROWS)):
            # On a full disk what is still buffered cannot be written, and need not be.
            with suppress(OSError):
                file.close()
            self._partial(name).unlink(missing_ok=True)

    def _full(self, failure: OSError) -> CorpusError:
        return CorpusError(
            f"{self._folder} cannot take more ({failure.strerror}) after {self._rows} segments of "
            f"{WINDOW_SAMPLES * 2} bytes: make room there, or name another folder with --out"
        )

    def _write_header(self) -> None:
        # The format pads its header so that a longer first dimension fits in the same bytes.
        description = {"descr": "<i2", "fortran_order": False, "shape": (self._rows, WINDOW_SAMPLES)}
        np.lib.format.write_array_header_1_0(self._segments, description)

    def _partial(self, name: str) -> Path:
        return self._folder / f"{name}.partial"
