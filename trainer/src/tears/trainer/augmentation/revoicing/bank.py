"""A bank of recorded voices that were made into others, on disk, from which scenes are composed."""

import functools
import hashlib
import importlib.util
import multiprocessing
import shutil
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import WINDOW_SAMPLES
from tears.audio.format import Int16Array, Signal, float_from_int16, int16_from_float
from tears.trainer.augmentation.acoustics import active_rms
from tears.trainer.disk_writes import reserved_array
from tears.trainer.manifest import DatasetClip, read_clip
from tears.trainer.progress import Progress
from tears.trainer.source_digest import sources_of

# Of the draws of recorded cries and cats, this share is of new voices.
NEW_VOICE_SHARE: Final = 0.3
HIGHEST_STORED_PEAK: Final = 0.9
CAT: Final = "cat"
# What the sounds depend on, besides the clips.
_BANK_SOURCES: Final = ("tears.trainer.augmentation.acoustics", "tears.trainer.augmentation.revoicing")


def has_vocoder() -> bool:
    """Return whether the package that revoicing needs is installed."""
    return importlib.util.find_spec("pyworld") is not None


def with_new_voices(clips: Sequence[DatasetClip]) -> list[DatasetClip]:
    """Return the clips that get new voices, in the same order: cries that are certain, and cats."""
    return [clip for clip in clips if (clip.category == CAT if not clip.is_crying else not clip.label_suspect)]


def make_bank(clips: Sequence[DatasetClip], voices: int, seed: int, cache: Path, workers: int) -> Path:
    """Give each clip that `with_new_voices` returns some new voices; return the bank's folder.

    The k-th new voice is the same for all clips of one recording, so that they stay one baby. A bank that was made
    before from the same clips by the same code is used again. Prints how far it is.

    Args:
        clips: Clips of the training split.
        voices: How many new voices each recording gets.
        seed: Seeds everything random.
        cache: The folder in which the bank gets a folder.
        workers: How many processes make it.

    Raises:
        OSError: The cache cannot be written; the error names the file.
    """
    chosen = with_new_voices(clips)
    names = "".join(f"{clip.path.name}{clip.path.stat().st_size}{clip.original_recording}" for clip in chosen)
    made_of = names.encode() + sources_of(*_BANK_SOURCES) + f"{voices} {seed}".encode()
    folder = cache / f"voices-{hashlib.sha256(made_of).hexdigest()[:16]}"
    if (folder / "lengths.npy").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(chosen), voices, WINDOW_SAMPLES)
    samples = _reserved(folder, shape)
    lengths = np.zeros(shape[:2], np.int32)
    progress = Progress(len(chosen), "revoiced clips")
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        for k, sounds in enumerate(pool.imap(functools.partial(_new_voices, voices, seed), chosen, chunksize=4)):
            for voice, sound in enumerate(sounds):
                samples[k, voice, : len(sound)] = sound
                lengths[k, voice] = len(sound)
            progress.advance(1)
    # This file is written last: if it exists, the bank is complete.
    np.save(folder / "lengths.npy", lengths)
    return folder


class VoiceBank:
    """A bank that `make_bank` made of these clips; its sounds stay on disk until they are drawn."""

    def __init__(self, folder: Path, clips: Sequence[DatasetClip]) -> None:
        self._samples = np.load(folder / "samples.npy", mmap_mode="r")
        self._lengths: npt.NDArray[np.int32] = np.load(folder / "lengths.npy")
        self._row_of = {clip.path: row for row, clip in enumerate(with_new_voices(clips))}

    def draw_voice(self, rng: np.random.Generator) -> int | None:
        """Draw the number of a new voice, or None, mostly, for the recorded one."""
        is_new = rng.random() < NEW_VOICE_SHARE and self._lengths.size > 0
        return int(rng.integers(self._lengths.shape[1])) if is_new else None

    def sound(self, clip: DatasetClip, voice: int) -> Signal | None:
        """Return a clip in a new voice at an active level of 1, float32 of at most 5 s; None if it has none."""
        row = self._row_of.get(clip.path)
        length = 0 if row is None else int(self._lengths[row, voice])
        if row is None or not length:
            return None
        sound = float_from_int16(self._samples[row, voice, :length])
        return np.asarray(sound / (active_rms(sound) + 1e-6), np.float32)


def _reserved(folder: Path, shape: tuple[int, ...]) -> Int16Array:
    try:
        return reserved_array(folder / "samples.npy", shape, np.int16)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)  # a part of a bank is of no use
        raise


def _new_voices(voices: int, seed: int, clip: DatasetClip) -> list[Int16Array]:
    """Return a clip in each of its new voices; none if too little of it has a pitch."""
    from tears.trainer.augmentation.revoicing import vocoder  # noqa: PLC0415 (its package is optional)

    analysis = vocoder.analyse(float_from_int16(read_clip(clip)))
    if analysis is None:
        return []
    sounds = []
    for number in range(voices):
        rng = np.random.default_rng([seed, zlib.crc32(clip.original_recording.encode()), number])
        sound = vocoder.synthesise(analysis, vocoder.random_voice(rng), rng)
        sounds.append(int16_from_float(sound * (HIGHEST_STORED_PEAK / (np.max(np.abs(sound)) + 1e-9))))
    return sounds
