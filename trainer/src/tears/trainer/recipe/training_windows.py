"""The windows that the network learns from, as log-mel spectrograms in a cache on disk."""

import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Signal
from tears.audio.window import make_model_input
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.corpus.segments_file import SEGMENTS_CSV
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS, log_mel
from tears.trainer.manifest import DatasetClip, read_clip
from tears.trainer.source_digest import sources_of
from tears.trainer.yamnet import PATCH_SAMPLES, YAMNET_CLASSES, YAMNET_EMBEDDING, YAMNET_RATE_HZ, Yamnet

# The packages and modules that composed windows depend on: a change in any of them makes the cache stale.
WINDOW_SOURCES: Final = (
    "tears.audio",
    "tears.samples",
    "tears.own_data.sounds",
    "tears.trainer.augmentation",
    "tears.trainer.corpus.segments_file",
    "tears.trainer.frontend",
    "tears.trainer.manifest",
    "tears.trainer.yamnet",
    "tears.trainer.recipe.training_windows",
)

# The arrays of a teacher's judgements, by file name, and their widths.
_TEACHER_ARRAYS: Final = {"teacher_scores": YAMNET_CLASSES, "teacher_embeddings": YAMNET_EMBEDDING}

_Half: TypeAlias = npt.NDArray[np.float16]


@dataclass(frozen=True)
class TrainingWindows:
    """Windows to learn from. Without a teacher there are no scores and no embeddings."""

    key: str  # a hash of all that they are made of: sets with the same key are the same
    features: _Half  # [n, 214, 64]
    labels: npt.NDArray[np.float32]  # [n], 1 for crying
    spans: npt.NDArray[np.uint8]  # [n, 27], 1 where the crying is
    teacher_scores: _Half | None  # [n, 9, 521], of each ninth
    teacher_embeddings: _Half | None  # [n, 9, 1024]

    def every(self, step: int) -> "TrainingWindows":
        """Return every ``step``-th window, as views without copies."""
        return TrainingWindows(
            f"{self.key}/{step}",
            self.features[::step],
            self.labels[::step],
            self.spans[::step],
            None if self.teacher_scores is None else self.teacher_scores[::step],
            None if self.teacher_embeddings is None else self.teacher_embeddings[::step],
        )


def compose_windows(
    clips: Sequence[DatasetClip],
    count: int,
    seed: int,
    cache: Path,
    workers: int,
    teacher: Path | None = None,
    corpus: Path | None = None,
    babies: int = 0,
) -> TrainingWindows:
    """Compose ``count`` windows, or load them from the cache if they were composed before.

    The result depends on clips, count, seed, teacher, corpus and babies, but not on the number of workers.

    Args:
        clips: The clips that the windows are composed of. Without cries among them no window has crying.
        count: How many windows.
        seed: Seeds everything random.
        cache: The folder that keeps the windows.
        workers: How many processes compose.
        teacher: yamnet.tflite.
        corpus: A folder that `tears.trainer.corpus` has filled.
        babies: How many cries to generate besides those of the clips.

    Raises:
        OSError: The cache cannot be written; the error names the file.
    """
    names = "".join(f"{clip.path.name}{clip.path.stat().st_size}{clip.label}{clip.label_suspect}" for clip in clips)
    rows = (corpus / SEGMENTS_CSV).read_bytes() if corpus else b""
    has_speech = shutil.which("espeak-ng") is not None
    choices = f"{count} {seed} {teacher is not None} {babies} {has_speech}"
    key = hashlib.sha256(names.encode() + sources_of(*WINDOW_SOURCES) + rows + choices.encode()).hexdigest()[:16]
    folder = cache / f"windows-{key}"
    if not (folder / "spans.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _compose_into(folder, count, workers, (list(clips), seed, teacher, corpus, babies))
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # an incomplete set would waste gigabytes
            raise
    features, labels, spans = (np.load(folder / f"{name}.npy") for name in ("features", "labels", "spans"))
    judgements = [np.load(folder / f"{name}.npy") if teacher else None for name in _TEACHER_ARRAYS]
    return TrainingWindows(key, features, labels, spans, *judgements)


def _compose_into(
    folder: Path, count: int, workers: int, start: tuple[list[DatasetClip], int, Path | None, Path | None, int]
) -> None:
    features = _on_disk(folder / "features.npy", (count, FRONTEND_FRAMES, FRONTEND_BANDS))
    widths = _TEACHER_ARRAYS.items() if start[2] else ()
    judgements = [_on_disk(folder / f"{name}.npy", (count, NINTHS, width)) for name, width in widths]
    labels, spans = np.zeros(count, np.float32), np.zeros((count, SPANS), np.uint8)
    # The pool's processes use all cores already, so each of them computes with one thread.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(workers, _start_worker, start) as pool:
        for k, window in enumerate(pool.imap(_compose_window, range(count), chunksize=32)):
            features[k], labels[k], spans[k], judged = window
            for array, values in zip(judgements, judged, strict=True):
                array[k] = values
            if (k + 1) % 4000 == 0:
                print(f"composed {k + 1} of {count} windows", flush=True)
    np.save(folder / "labels.npy", labels)
    # This file is written last: if it exists, the set is complete.
    np.save(folder / "spans.npy", spans)


def _on_disk(path: Path, shape: tuple[int, ...]) -> _Half:
    try:
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        with path.open("r+b") as file:
            # Reserve all bytes now: a full disk raises an error here, but would kill the process with SIGBUS later.
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return array


# What a process of the pool composes with.
_worker: tuple[SceneComposer, Yamnet | None] | None = None


def _start_worker(clips: list[DatasetClip], seed: int, teacher: Path | None, corpus: Path | None, babies: int) -> None:
    global _worker  # noqa: PLW0603 (a pool's worker keeps its state in its module)
    composer = SceneComposer(clips, seed, corpus=corpus, babies=babies)
    _worker = composer, Yamnet(teacher) if teacher else None


def _compose_window(number: int) -> tuple[_Half, bool, npt.NDArray[np.uint8], tuple[_Half, ...]]:
    """Return features, label, spans, and the teacher's scores and embeddings (nothing without a teacher)."""
    if _worker is None:
        raise RuntimeError("the worker was not started")
    composer, teacher = _worker
    scene = composer.compose(number)
    features = log_mel(make_model_input(scene.samples, scene.gain_db)).astype(np.float16)
    judged = () if teacher is None else _judge_ninths(scene.dry, teacher)
    return features, scene.is_crying, scene.spans, judged


def _judge_ninths(dry: Signal, teacher: Yamnet) -> tuple[_Half, _Half]:
    """Return the teacher's scores and embeddings of each ninth: float16 of shape [9, 521] and [9, 1024].

    The teacher's frames are longer than a ninth. Each frame is centred on its ninth, with silence around the window.
    """
    margin = MODEL_RATE_HZ // 2
    padded = np.pad(dry, margin)
    ninth = len(dry) / MODEL_RATE_HZ / NINTHS * YAMNET_RATE_HZ
    first = margin * YAMNET_RATE_HZ / MODEL_RATE_HZ + (ninth - PATCH_SAMPLES) / 2
    judgement = teacher.judge(padded, [int(first + k * ninth) for k in range(NINTHS)])
    return judgement.scores.astype(np.float16), judgement.embeddings.astype(np.float16)


def clip_features(clips: Sequence[DatasetClip]) -> npt.NDArray[np.float32]:
    """Return the log-mel spectrograms of whole clips with automatic gain, float32 of shape [len(clips), 214, 64]."""
    return np.stack([log_mel(make_model_input(read_clip(clip))) for clip in clips])
