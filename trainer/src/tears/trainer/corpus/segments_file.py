"""The corpus on disk: one array of segments that can be mapped into memory, and a line of CSV for each row."""

import csv
import hashlib
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import numpy as np

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array
from tears.trainer.corpus.segments import CorpusSegment
from tears.trainer.errors import CorpusError

SEGMENTS_FILE: Final = "segments.npy"
SEGMENTS_CSV: Final = "segments.csv"
SEGMENT_COLUMNS: Final = (
    *("row", "package", "version", "file", "kind"),
    *("offset_seconds", "length_samples", "native_rate_hz", "channels", "licence"),
)


def read_corpus(folder: Path, mmap_mode: Literal["r"] | None = None) -> tuple[Int16Array, list[dict[str, str]]]:
    """Read a corpus: segments, int16 of shape [n, 110 250], mapped into memory with the mode "r"; and its lines of CSV.

    Raises:
        CorpusError: There is no corpus in the folder, or it has more or fewer lines than segments.
    """
    try:
        segments = np.load(folder / SEGMENTS_FILE, mmap_mode=mmap_mode)
        with (folder / SEGMENTS_CSV).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        cure = "make one with python -m tears.trainer.corpus"
        raise CorpusError(f"{folder} holds no corpus ({error}); {cure}") from error
    if len(rows) != len(segments):
        raise CorpusError(
            f"{folder}: {len(segments)} segments, but {len(rows)} lines of {SEGMENTS_CSV}: make the corpus again"
        )
    return segments, rows


class SegmentsWriter:
    """Appends segments to `<folder>/segments.npy`, int16 of shape [n, 110 250], and their origin to `segments.csv`.

    A shorter segment is padded with zeros at its end. A segment whose samples are the same as an earlier one's is
    skipped. Both files are written under other names and renamed at the end of the context. If an exception ends the
    context, they are removed.

    Attributes:
        counts: Segments written, by (package, kind).
        seconds: Seconds written, by kind.
        duplicates: Segments skipped.
    """

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.duplicates = 0
        self._folder = folder
        self._digests: set[bytes] = set()
        self._rows = 0

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._segments = self._partial(SEGMENTS_FILE).open("wb")
        self._write_header()
        self._csv = self._partial(SEGMENTS_CSV).open("w", newline="", encoding="utf-8")
        self._lines = csv.writer(self._csv)
        self._lines.writerow(SEGMENT_COLUMNS)
        return self

    def append(self, segment: CorpusSegment, package: str, version: str, file: str, kind: str, licence: str) -> bool:
        """Add a segment, unless an earlier one has the same samples; return whether it was added.

        Raises:
            CorpusError: The disk is full.
        """
        digest = hashlib.blake2b(segment.samples.tobytes(), digest_size=16).digest()
        if digest in self._digests:
            self.duplicates += 1
            return False
        self._digests.add(digest)
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
        self.seconds[kind] += segment.samples.size / MODEL_RATE_HZ
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
        for name in (SEGMENTS_FILE, SEGMENTS_CSV):
            self._partial(name).replace(self._folder / name)

    def _remove(self) -> None:
        for file, name in ((self._segments, SEGMENTS_FILE), (self._csv, SEGMENTS_CSV)):
            # On a full disk the buffered rest cannot be written; the file is deleted anyway.
            with suppress(OSError):
                file.close()
            self._partial(name).unlink(missing_ok=True)

    def _full(self, failure: OSError) -> CorpusError:
        return CorpusError(
            f"{self._folder} cannot be written ({failure.strerror}) after {self._rows} segments of "
            f"{WINDOW_SAMPLES * 2} bytes: free some space, or use another folder with --out"
        )

    def _write_header(self) -> None:
        # The header is padded, so that it keeps its size when it is written again with the final number of rows.
        description = {"descr": "<i2", "fortran_order": False, "shape": (self._rows, WINDOW_SAMPLES)}
        np.lib.format.write_array_header_1_0(self._segments, description)

    def _partial(self, name: str) -> Path:
        return self._folder / f"{name}.partial"
