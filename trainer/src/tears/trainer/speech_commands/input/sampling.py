"""Draw the clips of each step and vary them; all depends on the step's number, so that a run can be repeated."""

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.format import Int16Array, Signal, float_from_int16
from tears.own_data.clips.splits import SILENCE_INDEX, UNKNOWN_INDEX, Split
from tears.own_data.clips.wav_files import read_wav
from tears.trainer.speech_commands.flags import TrainerFlags
from tears.trainer.speech_commands.input.background import SEED, Background
from tears.trainer.speech_commands.input.recordings import FoundRecordings, WavClip

# Memory for decoded clips: 1 200 of the blog's 5 s clips.
CACHE_BYTES: Final = 256 * 2**20


@dataclass(frozen=True, eq=False)
class ClipBatch:
    """The waveforms and labels of some clips."""

    waveforms: Signal  # (n, clip_samples), in [-1, 1]
    labels: npt.NDArray[np.int64]  # (n,)


class ClipSampler:
    """Draws batches. The content of a batch depends on its split, its number and the seed, and on nothing else."""

    def __init__(self, found: FoundRecordings, flags: TrainerFlags) -> None:
        self._flags = flags
        self._background = Background(found.background, flags.clip_samples)
        self._clips = {split: with_silence_and_unknown(found.clips[split], flags, split) for split in Split}
        # A small set of recordings is read once. Threads share the cache: the next batch is read during a validation.
        self._read_cached = functools.lru_cache(max(1, CACHE_BYTES // (2 * flags.clip_samples)))(self._read)

    def size(self, split: Split) -> int:
        """Return the number of clips in a split."""
        return len(self._clips[split])

    def counts(self, split: Split) -> list[int]:
        """Return the number of clips of each label in a split."""
        labels = np.array([clip.label for clip in self._clips[split]], np.int64)
        counts = np.bincount(labels, minlength=UNKNOWN_INDEX + 1 + len(self._flags.wanted_words))
        return [int(count) for count in counts]

    def training_batch(self, step: int) -> ClipBatch:
        """Return the clips of a step: drawn with replacement, shifted in time, most of them with background noise.

        Raises:
            RecordingError: A recording is gone.
        """
        rng = np.random.default_rng([SEED, step])
        clips = self._clips[Split.TRAINING]
        drawn = [clips[int(k)] for k in rng.integers(len(clips), size=min(self._flags.batch_size, len(clips)))]
        return _batch(drawn, [self._varied(clip, rng) for clip in drawn])

    def plain_batches(self, split: Split) -> Iterator[ClipBatch]:
        """Yield all clips of a split without any variation, in an order that never changes.

        Raises:
            RecordingError: A recording is gone.
        """
        clips = self._clips[split]
        for start in range(0, len(clips), self._flags.batch_size):
            some = clips[start : start + self._flags.batch_size]
            rngs = (np.random.default_rng([SEED, list(Split).index(split), start + k, 1]) for k in range(len(some)))
            yield _batch(some, [self._plain(clip, rng) for clip, rng in zip(some, rngs, strict=True)])

    def _plain(self, clip: WavClip, rng: np.random.Generator) -> Signal:
        if clip.path is None:
            return self._background.draw(rng) * np.float32(rng.uniform(0, 1))
        return float_from_int16(self._read_cached(clip.path, clip.first))

    def _read(self, path: Path, first: int) -> Int16Array:
        """Return a clip, int16 of shape (clip_samples,), with zeros after the end of the file."""
        samples = read_wav(path, first, self._flags.clip_samples)
        return np.pad(samples, (0, self._flags.clip_samples - len(samples)))

    def _varied(self, clip: WavClip, rng: np.random.Generator) -> Signal:
        sound = self._plain(clip, rng)
        if clip.path is None:
            return sound
        farthest = self._flags.time_shift_samples
        sound = shifted(sound, int(rng.integers(-farthest, farthest)) if farthest else 0)
        if rng.uniform() < self._flags.background_frequency:
            sound = sound + self._background.draw(rng) * np.float32(rng.uniform(0, self._flags.background_volume))
        return np.clip(sound, -1.0, 1.0)


def with_silence_and_unknown(clips: Sequence[WavClip], flags: TrainerFlags, split: Split) -> list[WavClip]:
    """Return a split's clips of the wanted words, shuffled with silence and some clips of other folders.

    The flags give the numbers of the latter two in per cent of the former. The split seeds the random draw.
    """
    rng = np.random.default_rng([SEED, list(Split).index(split)])
    wanted = [clip for clip in clips if clip.label != UNKNOWN_INDEX]
    unknown = [clip for clip in clips if clip.label == UNKNOWN_INDEX]
    silences = math.ceil(len(wanted) * flags.silence_percentage / 100)
    unknowns = math.ceil(len(wanted) * flags.unknown_percentage / 100)
    together = [
        *wanted,
        *(WavClip(None, 0, SILENCE_INDEX) for _ in range(silences)),
        *(unknown[k] for k in rng.permutation(len(unknown))[:unknowns]),
    ]
    return [together[k] for k in rng.permutation(len(together))]


def shifted(sound: Signal, by: int) -> Signal:
    """Return a copy of a clip that is shifted later (by > 0 samples) or earlier; silence fills the rest."""
    by = max(-len(sound), min(by, len(sound)))
    later, earlier = max(by, 0), max(-by, 0)
    return np.pad(sound, (later, earlier))[earlier:][: len(sound)]


def _batch(clips: Sequence[WavClip], waveforms: Sequence[Signal]) -> ClipBatch:
    return ClipBatch(np.stack(waveforms), np.array([clip.label for clip in clips], np.int64))
