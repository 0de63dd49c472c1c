"""The windows that the network learns from, as log-mel spectrograms in a cache on disk."""

import functools
import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tears.audio.window import make_model_input
from tears.trainer.augmentation.revoicing.bank import has_vocoder, make_bank
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.corpus.segments_file import SEGMENTS_CSV
from tears.trainer.disk_writes import reserved_array
from tears.trainer.errors import TrainingError
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS, log_mel
from tears.trainer.manifest import DatasetClip, read_clip
from tears.trainer.progress import Progress
from tears.trainer.source_digest import sources_of
from tears.trainer.teachers.mn04_outputs import MN04_CLASSES, MN04_EMBEDDING

# The packages and modules that composed windows depend on: a change in any of them makes the cache stale.
WINDOW_SOURCES: Final = (
    "tears.audio",
    "tears.samples",
    "tears.own_data.sounds",
    "tears.trainer.augmentation",
    "tears.trainer.corpus.segments_file",
    "tears.trainer.frontend",
    "tears.trainer.manifest",
    "tears.trainer.teachers",
    "tears.trainer.recipe.teacher_answers",
    "tears.trainer.recipe.training_windows",
)
# The arrays of the teacher's answers by name, and the shape of each for one window.
TEACHER_ARRAYS: Final = {"teacher_logits": (MN04_CLASSES,), "teacher_embeddings": (NINTHS, MN04_EMBEDDING)}
# A process composes this many windows at once, and the teacher judges them together.
CHUNK_WINDOWS: Final = 32

_Half: TypeAlias = npt.NDArray[np.float16]


# The fields of the class below, which are files of the cache. The last ones are missing without a teacher.
WINDOW_ARRAYS: Final = ("features", "labels", "spans", "cry_sources", *TEACHER_ARRAYS)


@dataclass(frozen=True)
class TrainingWindows:
    """Windows to learn from. Without a teacher there are none of its answers."""

    key: str  # a hash of all that they are made of: sets with the same key are the same
    features: _Half  # [n, 214, 64]
    labels: npt.NDArray[np.float32]  # [n], 1 for crying
    spans: npt.NDArray[np.uint8]  # [n, 27], 1 where the crying is
    cry_sources: npt.NDArray[np.str_]  # [n], the source of the crying; empty without crying
    teacher_logits: _Half | None = None  # [n, 527]
    teacher_embeddings: _Half | None = None  # [n, 9, 384], of each ninth

    def without_sources(self, sources: Sequence[str]) -> "TrainingWindows":
        """Return the windows without cries of these sources."""
        if not sources:
            return self
        kept = np.flatnonzero(~np.isin(self.cry_sources, list(sources)))
        arrays: dict[str, Any] = {name: getattr(self, name) for name in WINDOW_ARRAYS}
        parts = {name: array[kept] for name, array in arrays.items() if array is not None}
        return TrainingWindows(f"{self.key} without {sorted(sources)}", **parts)


def compose_windows(
    clips: Sequence[DatasetClip],
    count: int,
    seed: int,
    cache: Path,
    workers: int,
    teacher: Path | None = None,
    corpus: Path | None = None,
    babies: int = 0,
    voices: int = 0,
) -> TrainingWindows:
    """Compose ``count`` windows, or load them from the cache if they were composed before.

    The result depends on clips, count, seed, teacher, corpus, babies and voices, but not on the number of workers.

    Args:
        clips: The clips that the windows are composed of. Without cries among them no window has crying.
        count: How many windows.
        seed: Seeds everything random.
        cache: The folder that keeps the windows.
        workers: How many processes compose.
        teacher: mn04_as.npz.
        corpus: A folder that `tears.trainer.corpus` has filled.
        babies: How many cries to generate besides those of the clips.
        voices: How many new voices each recorded cry and cat gets; none if the vocoder is not installed.

    Raises:
        OSError: The cache cannot be written; the error names the file.
        TrainingError: A clip, the corpus or the teacher cannot be read.
    """
    names = "".join(f"{clip.path.stat().st_size} {clip}" for clip in clips)
    rows = (corpus / SEGMENTS_CSV).read_bytes() if corpus else b""
    has_speech = shutil.which("espeak-ng") is not None
    voices = voices if has_vocoder() else 0
    choices = f"{count} {seed} {teacher.stat().st_size if teacher else 0} {babies} {voices} {has_speech}"
    key = hashlib.sha256(names.encode() + sources_of(*WINDOW_SOURCES) + rows + choices.encode()).hexdigest()[:16]
    folder = cache / f"windows-{key}"
    if not (folder / "spans.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            bank = make_bank(clips, voices, seed, cache, workers) if voices else None
            _compose_into(folder, count, workers, (list(clips), seed, teacher, corpus, babies, bank))
        except (OSError, TrainingError):
            shutil.rmtree(folder, ignore_errors=True)  # an incomplete set would waste gigabytes
            raise
    stored = [name for name in WINDOW_ARRAYS if teacher or name not in TEACHER_ARRAYS]
    arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy") for name in stored}
    return TrainingWindows(key, **arrays)


def _compose_into(
    folder: Path,
    count: int,
    workers: int,
    start: tuple[list[DatasetClip], int, Path | None, Path | None, int, Path | None],
) -> None:
    features = reserved_array(folder / "features.npy", (count, FRONTEND_FRAMES, FRONTEND_BANDS), np.float16)
    shapes = TEACHER_ARRAYS.items() if start[2] else ()
    answers = [reserved_array(folder / f"{name}.npy", (count, *shape), np.float16) for name, shape in shapes]
    labels, spans, cry_sources = np.zeros(count, np.float32), np.zeros((count, SPANS), np.uint8), [""] * count
    # The pool's processes use all cores already, so each of them computes with one thread.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    progress = Progress(count, "composed windows")
    chunks = [range(at, min(at + CHUNK_WINDOWS, count)) for at in range(0, count, CHUNK_WINDOWS)]
    with multiprocessing.get_context("spawn").Pool(workers, _start_worker, start) as pool:
        for rows, made in zip(chunks, pool.imap(_compose_chunk, chunks), strict=True):
            part = slice(rows.start, rows.stop)
            features[part], labels[part], spans[part], cry_sources[part], judged = made
            for array, values in zip(answers, judged, strict=True):
                array[part] = values
            progress.advance(len(rows))
    np.save(folder / "labels.npy", labels)
    np.save(folder / "cry_sources.npy", np.array(cry_sources))
    # This file is written last: if it exists, the set is complete.
    np.save(folder / "spans.npy", spans)


# What a process of the pool composes with. An initializer that raises would be started again forever, so the composer
# is made for the first chunk, whose errors reach the caller.
_start: tuple[Any, ...] = ()


def _start_worker(*start: Any) -> None:
    global _start  # noqa: PLW0603 (a pool's worker keeps its state in its module)
    _start = start


@functools.cache
def _worker() -> tuple[SceneComposer, Any]:
    """Return the composer and the teacher of this process; the teacher is None if there is none."""
    clips, seed, teacher, corpus, babies, voices = _start
    composer = SceneComposer(clips, seed, corpus=corpus, babies=babies, voices=voices)
    if teacher is None:
        return composer, None
    from tears.trainer.recipe.teacher_answers import WindowTeacher  # noqa: PLC0415 (TensorFlow takes seconds to load)

    return composer, WindowTeacher(teacher)


def _compose_chunk(
    numbers: range,
) -> tuple[_Half, npt.NDArray[np.bool_], npt.NDArray[np.uint8], list[str], tuple[_Half, ...]]:
    """Return features, labels, spans, sources of cries, and the teacher's answers (none without one) of windows."""
    composer, teacher = _worker()
    scenes = [composer.compose(number) for number in numbers]
    features = np.stack([log_mel(make_model_input(scene.samples, scene.gain_db)) for scene in scenes])
    labels, spans = np.array([scene.is_crying for scene in scenes]), np.stack([scene.spans for scene in scenes])
    answers = () if teacher is None else teacher.judge(np.stack([scene.dry for scene in scenes]))
    return features.astype(np.float16), labels, spans, [scene.cry_source for scene in scenes], answers


def clip_features(clips: Sequence[DatasetClip]) -> npt.NDArray[np.float32]:
    """Return the log-mel spectrograms of whole clips with automatic gain, float32 of shape [len(clips), 214, 64]."""
    return np.stack([log_mel(make_model_input(read_clip(clip))) for clip in clips])
