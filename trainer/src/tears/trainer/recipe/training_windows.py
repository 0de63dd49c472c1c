"""The windows that the network learns from, as log-mel spectrograms in a cache on disk."""

import hashlib
import importlib.util
import multiprocessing
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.window import make_model_input
from tears.trainer import yamnet
from tears.trainer.augmentation.window_scenes import SceneComposer
from tears.trainer.corpus.segments_file import ROWS
from tears.trainer.frontend import FRONTEND_BANDS, FRONTEND_FRAMES, NINTHS, SPANS, log_mel
from tears.trainer.manifest import Clip, read_clip


@dataclass(frozen=True)
class TrainingWindows:
    """Windows to learn from.

    Attributes:
        key: Names what they are made of: windows of one key are the same.
        features: float16 of shape [n, 214, 64].
        labels: float32 of shape [n], 1 for crying.
        spans: uint8 of shape [n, 27], where the crying is.
        taught: float16 of shape [n, 9, 521]: what the teacher hears in each ninth; None without a teacher.
        embedded: float16 of shape [n, 9, 1024]: what it decides that by; None without a teacher.
    """

    key: str
    features: npt.NDArray[np.float16]
    labels: npt.NDArray[np.float32]
    spans: npt.NDArray[np.uint8]
    taught: npt.NDArray[np.float16] | None
    embedded: npt.NDArray[np.float16] | None

    def every(self, step: int) -> "TrainingWindows":
        """Each of so many of them; views, no copies."""
        taught = None if self.taught is None else self.taught[::step]
        embedded = None if self.embedded is None else self.embedded[::step]
        key = f"{self.key}/{step}"
        return TrainingWindows(key, self.features[::step], self.labels[::step], self.spans[::step], taught, embedded)


def compose_windows(
    clips: Sequence[Clip],
    count: int,
    seed: int,
    cache: Path,
    workers: int,
    teacher: Path | None = None,
    corpus: Path | None = None,
    babies: int = 0,
) -> TrainingWindows:
    """Composes ``count`` windows, or takes them from the cache if they were composed before.

    The result depends on clips, count, seed, teacher, corpus and babies alone, not on the number of workers.

    Args:
        clips: What is heard in the windows; without cries among them all windows are of something else.
        count: How many.
        seed: Of everything random.
        cache: Folder to keep them in.
        workers: Processes that compose.
        teacher: yamnet.tflite, or None.
        corpus: Folder of sounds that are no crying, as `tears.trainer.corpus` makes it, or None.
        babies: How many cries to generate beside those of the clips.
    """
    names = "".join(f"{clip.path.name}{clip.path.stat().st_size}{clip.label}{clip.label_suspect}" for clip in clips)
    listed = (corpus / ROWS).read_bytes() if corpus else b""
    speaks = shutil.which("espeak-ng") is not None
    told = f"{count} {seed} {teacher is not None} {babies} {speaks}".encode()
    made_of = names.encode() + code_of(WINDOWS) + listed + told
    key = hashlib.sha256(made_of).hexdigest()[:16]
    folder = cache / f"windows-{key}"
    if not (folder / "spans.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _compose_into(folder, count, workers, (list(clips), seed, teacher, corpus, babies))
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # gigabytes that nobody could use
            raise
    features, labels, spans = (np.load(folder / f"{name}.npy") for name in ("features", "labels", "spans"))
    taught = np.load(folder / "taught.npy") if teacher else None
    embedded = np.load(folder / "embedded.npy") if teacher else None
    return TrainingWindows(key, features, labels, spans, taught, embedded)


# A change to what windows are made by makes the cache stale.
WINDOWS = (
    "audio.gain",
    "own_data.sounds.noises",
    "own_data.sounds.speech",
    "audio.resample",
    "audio.window",
    "samples.voices.babies",
    "samples.voices.crying",
    "samples.waveforms",
    "samples.voices.voice",
    "trainer.augmentation.acoustics",
    "trainer.augmentation.corpus_sounds",
    "trainer.augmentation.devices",
    "trainer.frontend",
    "trainer.augmentation.generated_cries",
    "trainer.augmentation.insects_and_creaks",
    "trainer.manifest",
    "trainer.augmentation.window_scenes",
    "trainer.recipe.training_windows",
    "trainer.yamnet",
)


def code_of(modules: Sequence[str]) -> bytes:
    """The source of modules of ours, by their names from `tears.` on: makes what is cached stale when it changes."""
    return b"".join(map(_source, sorted(modules)))


def _source(module: str) -> bytes:
    # Found, not imported: some of them need TensorFlow.
    spec = importlib.util.find_spec(f"tears.{module}")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"tears.{module}: what a cache is made by has moved")
    return Path(spec.origin).read_bytes()


def _compose_into(
    folder: Path, count: int, workers: int, start: tuple[list[Clip], int, Path | None, Path | None, int]
) -> None:
    features = _on_disk(folder / "features.npy", (count, FRONTEND_FRAMES, FRONTEND_BANDS))
    taught = _on_disk(folder / "taught.npy", (count, NINTHS, yamnet.CLASSES)) if start[2] else None
    embedded = _on_disk(folder / "embedded.npy", (count, NINTHS, yamnet.EMBEDDING)) if start[2] else None
    labels, spans = np.zeros(count, np.float32), np.zeros((count, SPANS), np.uint8)
    # One thread a worker: a pool of processes is parallel enough.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(workers, _start, start) as pool:
        for k, (window, scene_labels, heard) in enumerate(pool.imap(_compose, range(count), chunksize=32)):
            features[k], (labels[k], spans[k]) = window, scene_labels
            if taught is not None and embedded is not None and heard is not None:
                taught[k], embedded[k] = heard
            if (k + 1) % 4000 == 0:
                print(f"composed {k + 1} of {count} windows", flush=True)
    np.save(folder / "labels.npy", labels)
    # Last: the cache counts as whole when this file is there.
    np.save(folder / "spans.npy", spans)


def _on_disk(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.float16]:
    try:
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        with path.open("r+b") as file:
            # A full disk is an error here; at the first page that has no room it would be a signal, and the end.
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    return array


@dataclass(frozen=True)
class _Worker:
    composer: SceneComposer
    teacher: yamnet.Yamnet | None


_worker: _Worker | None = None


def _start(clips: list[Clip], seed: int, teacher: Path | None, corpus: Path | None, babies: int) -> None:
    global _worker  # noqa: PLW0603 (a pool's worker keeps its state in its module)
    _worker = _Worker(
        SceneComposer(clips, seed, corpus=corpus, babies=babies), yamnet.Yamnet(teacher) if teacher else None
    )


_Half: TypeAlias = npt.NDArray[np.float16]


def _compose(number: int) -> tuple[_Half, tuple[bool, npt.NDArray[np.uint8]], tuple[_Half, _Half] | None]:
    if _worker is None:
        raise RuntimeError("the worker was not started")
    scene = _worker.composer.compose(number)
    window = log_mel(make_model_input(scene.samples, scene.gain_db)).astype(np.float16)
    taught = None if _worker.teacher is None else _judged(scene.dry, _worker.teacher)
    return window, (scene.crying, scene.spans), taught


def _judged(dry: npt.NDArray[np.float32], teacher: yamnet.Yamnet) -> tuple[_Half, _Half]:
    """What the teacher hears in each ninth of a window, and by what: float16 of shape [9, 521] and [9, 1024].

    Its frames are longer than a ninth: each stands centred on its ninth, over the window with silence around.
    """
    margin = MODEL_RATE_HZ // 2
    padded = np.pad(dry, margin)
    ninth = len(dry) / MODEL_RATE_HZ / NINTHS * yamnet.RATE_HZ
    first = margin * yamnet.RATE_HZ / MODEL_RATE_HZ + (ninth - yamnet.PATCH_SAMPLES) / 2
    starts = [int(first + k * ninth) for k in range(NINTHS)]
    heard = teacher.hear(padded, starts)
    return heard.scores.astype(np.float16), heard.embeddings.astype(np.float16)


def clip_features(clips: Sequence[Clip]) -> npt.NDArray[np.float32]:
    """Log-mel spectrograms of whole clips with automatic gain, float32 of shape [len(clips), 214, 64]."""
    return np.stack([log_mel(make_model_input(read_clip(clip))) for clip in clips])
