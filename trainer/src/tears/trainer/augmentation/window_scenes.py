# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""Composes training windows: a sound, placed somewhere in five seconds, in a room, through a microphone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Signal, float_from_int16, int16_from_float
from tears.audio.gain import amplitude
from tears.own_data.sounds import noises, speech
from tears.trainer.augmentation import acoustics, insects_and_creaks
from tears.trainer.augmentation.corpus_sounds import Segments
from tears.trainer.augmentation.devices import through_device
from tears.trainer.augmentation.generated_cries import generated_cries
from tears.trainer.frontend import SPAN_SAMPLES, SPANS
from tears.trainer.manifest import Clip, draw_weights, read_clip

ACTIVE_DB: Final = -18.0  # below the active level by more than this, a cry is taken for a breath
LEAST_CRY_SECONDS: Final = 0.7  # less crying than this makes no window: neither label would be honest
SHARE_CRYING: Final = 0.5
SHARE_GENERATED: Final = 0.25  # of the cries, where any are generated
SHARE_THROUGH_DEVICE: Final = 0.35  # of what is composed of clips
# Of the speed of clips, as a logarithm: a grown-up who laughs half as fast again is a child who laughs.
SPREAD: Final = 0.2
# Of the corpus', by which a network learns to hear and not what a cry is.
SPREAD_OF_CORPUS: Final = 0.07
# One clip, two at once, an empty room, a tone or alarm, a spoken sentence, an insect, a hinge.
KINDS: Final = (0.57, 0.11, 0.11, 0.06, 0.06, 0.03, 0.06)
KINDS_OF_CORPUS: Final = (0.74, 0.2, 0.02, 0.04, 0.0, 0.0, 0.0)
# What is made anew for each window.
MADE: Final = {"tonal": noises.tonal_sound, "insect": insects_and_creaks.insect, "creak": insects_and_creaks.creak}


@dataclass(frozen=True)
class Scene:
    """One window as the recorder would hear it.

    Attributes:
        samples: int16 of shape [110 250] before the pipeline's gain.
        gain_db: Fixed gain in decibels, None for automatic.
        crying: Whether a baby cries in it.
        spans: uint8 of shape [27]: in which 186 ms the crying is audible.
        dry: float32 of shape [110 250]: the same sounds without room and microphone, for a teacher to judge.
    """

    samples: npt.NDArray[np.int16]
    gain_db: float | None
    crying: bool
    spans: npt.NDArray[np.uint8]
    dry: Signal


class SceneComposer:
    """Makes training windows from clips, each a pure function of the seed and its number.

    Args:
        clips: Clips of the training split; those marked suspect are not used.
        seed: Of everything random.
        sentences: How many spoken sentences to make; none where espeak-ng is not installed.
        babies: How many cries to generate beside those of the clips.
        corpus: Folder of sounds that are no crying to draw from in place of the clips that are none, or None.
    """

    def __init__(
        self, clips: Sequence[Clip], seed: int, sentences: int = 160, corpus: Path | None = None, babies: int = 0
    ) -> None:
        self._seed = seed
        rng = np.random.default_rng([seed, 0])
        cries = [clip for clip in clips if clip.is_crying and not clip.label_suspect]
        others = [clip for clip in clips if not clip.is_crying]
        self._cries, self._cry_weights = _loaded(cries), draw_weights(cries)
        self._others, self._other_weights = _loaded(others), draw_weights(others)
        self._of_recording: dict[str, list[int]] = defaultdict(list)
        for k, clip in enumerate(cries):
            self._of_recording[clip.original_recording].append(k)
        self._recording_of = [clip.original_recording for clip in cries]
        self._add_generated(babies, np.random.default_rng([seed, 3]))
        self._noise = noises.noise_bank(rng)
        self._rooms = acoustics.room_responses(48, rng)
        self._speech = speech.spoken_sentences(rng, sentences)
        self._segments = Segments(corpus) if corpus else None
        self._kinds, self._spread = (KINDS_OF_CORPUS, SPREAD_OF_CORPUS) if corpus else (KINDS, SPREAD)

    def _add_generated(self, babies: int, rng: np.random.Generator) -> None:
        if not babies:
            return
        for cry in generated_cries(rng, babies):
            self._of_recording[f"generated {len(self._cries)}"] = [len(self._cries)]
            self._recording_of.append(f"generated {len(self._cries)}")
            self._cries.append(cry / (acoustics.active_rms(cry) + 1e-6))
        shares = np.full(babies, SHARE_GENERATED / babies)
        self._cry_weights = np.concatenate([self._cry_weights * (1 - SHARE_GENERATED), shares])

    def compose(self, number: int) -> Scene:
        """The window of this number."""
        rng = np.random.default_rng([self._seed, 1, number])
        if self._cries and rng.random() < SHARE_CRYING:
            for _ in range(8):
                event, spans, seconds = self._crying(rng)
                if seconds >= LEAST_CRY_SECONDS:
                    return self._recorded(event, spans, rng)
        return self._recorded(self._something_else(rng), np.zeros(SPANS, np.uint8), rng)

    def _crying(self, rng: np.random.Generator) -> tuple[Signal, npt.NDArray[np.uint8], float]:
        first = int(rng.choice(len(self._cries), p=self._cry_weights))
        siblings = self._of_recording[self._recording_of[first]]
        event = np.zeros(WINDOW_SAMPLES, np.float32)
        speed = float(np.exp(rng.normal(0, 0.1)))
        for k, (start, end) in enumerate(_placement(rng)):
            source = self._cries[first if k == 0 else int(rng.choice(siblings))]
            _lay(event, source, start, end, speed, rng)
        spans, seconds = active_spans(event)
        return event, spans, seconds

    def _something_else(self, rng: np.random.Generator) -> Signal:
        event = np.zeros(WINDOW_SAMPLES, np.float32)
        kind = rng.choice(["clip", "two clips", "room", "tonal", "speech", "insect", "creak"], p=self._kinds)
        for _ in range({"clip": 1, "two clips": 2}.get(str(kind), 0)):
            source = self._other(rng)
            layer, speed = np.zeros(WINDOW_SAMPLES, np.float32), float(np.exp(rng.normal(0, self._spread)))
            for start, end in _placement(rng):
                _lay(layer, source, start, end, speed, rng)
            event += layer * amplitude(rng.uniform(-12, 0))
        if kind == "speech" and self._speech:
            sentence = self._speech[int(rng.integers(len(self._speech)))]
            at = int(rng.integers(-len(sentence) // 2, WINDOW_SAMPLES - MODEL_RATE_HZ))
            sentence = sentence[max(0, -at) :]
            event[max(0, at) :][: len(sentence)] += sentence[: WINDOW_SAMPLES - max(0, at)]
        elif kind in MADE or kind == "speech":
            sound = MADE.get(str(kind), noises.tonal_sound)(rng)
            for start, end in _placement(rng):
                _lay(event, sound, start, end, 1.0, rng)
        return event

    def _other(self, rng: np.random.Generator) -> Signal:
        if self._segments is not None:
            return self._segments.draw(rng)
        return self._others[int(rng.choice(len(self._others), p=self._other_weights))]

    def _recorded(self, event: Signal, spans: npt.NDArray[np.uint8], rng: np.random.Generator) -> Scene:
        """Puts the event at a level into a room, through a microphone, into 16 bits."""
        event /= acoustics.active_rms(event) + 1e-6
        crying = bool(spans.any())
        as_it_is = rng.random() < 0.3  # a clip as it was recorded, with nothing added
        if crying and rng.random() < 0.25:  # something else sounds at the same time
            other = self._something_else(rng)
            event += other / (acoustics.active_rms(other) + 1e-6) * amplitude(rng.uniform(-20, -2))
        dry = event.copy()
        level_db = rng.uniform(-48, -12)
        if as_it_is:
            floor_db = -120.0
        else:
            floor_db = float(np.clip(level_db - rng.uniform(0, 36), -90, -42))
            if rng.random() < 0.5:
                event = acoustics.filtered(event, self._rooms[int(rng.integers(len(self._rooms)))])
        if rng.random() < 0.1:
            event = acoustics.saturated(event, rng.uniform(0, 20))
        heard = event * amplitude(level_db)
        if floor_db > -110:
            heard = heard + noises.room_noise(self._noise, rng) * amplitude(floor_db)
        if rng.random() < 0.75:
            heard = acoustics.filtered(heard, acoustics.microphone_response(rng))
        if self._segments is None and rng.random() < SHARE_THROUGH_DEVICE:
            heard = through_device(np.clip(heard, -1, 1), rng)
        samples = int16_from_float(heard)
        gain_db: float | None = None
        if rng.random() < 0.12:
            gain_db = 45.0 if rng.random() < 0.5 else float(rng.uniform(0, 45))
        return Scene(samples, gain_db, crying, spans, dry if dry.any() else heard)


def active_spans(event: Signal) -> tuple[npt.NDArray[np.uint8], float]:
    """Where a sound is audible: 186 ms spans, and the seconds in all.

    Args:
        event: float32 of shape [110 250]; zero where there is nothing.

    Returns:
        uint8 of shape [27], and seconds.
    """
    levels = acoustics.frame_levels(event)
    threshold = acoustics.active_rms(event[event != 0]) * amplitude(ACTIVE_DB) if np.any(event) else np.inf
    seconds = float(np.sum(levels > threshold)) * acoustics.LEVEL_FRAME_SAMPLES / MODEL_RATE_HZ
    padded = np.pad(event, (0, SPANS * SPAN_SAMPLES - len(event))).reshape(SPANS, SPAN_SAMPLES)
    spans = np.sqrt(np.mean(np.square(padded), axis=1)) > threshold
    return spans.astype(np.uint8), seconds


def _loaded(clips: Sequence[Clip]) -> list[Signal]:
    """The clips at an active level of 1, float32."""
    signals = [float_from_int16(read_clip(clip)) for clip in clips]
    return [signal / (acoustics.active_rms(signal) + 1e-6) for signal in signals]


def _placement(rng: np.random.Generator) -> list[tuple[int, int]]:
    """Which parts of the window hold the sound: all of it, its end (an onset), its start, its middle, or two parts."""
    kind = rng.choice(["whole", "onset", "over", "middle", "pause"], p=[0.4, 0.32, 0.08, 0.08, 0.12])
    if kind == "whole":
        return [(0, WINDOW_SAMPLES)]
    n = int(MODEL_RATE_HZ * rng.uniform(1.2, 4.8))
    if kind == "onset":
        return [(WINDOW_SAMPLES - n, WINDOW_SAMPLES)]
    if kind == "over":
        return [(0, n)]
    if kind == "middle":
        at = int(rng.integers(0, WINDOW_SAMPLES - n))
        return [(at, at + n)]
    pause = int(MODEL_RATE_HZ * rng.uniform(0.1, 1.5))
    at = int(rng.integers(MODEL_RATE_HZ // 2, WINDOW_SAMPLES - pause - MODEL_RATE_HZ // 2))
    return [(0, at), (at + pause, WINDOW_SAMPLES)]


def _lay(event: Signal, source: Signal, start: int, end: int, speed: float, rng: np.random.Generator) -> None:
    """Adds a random cut of the source to event[start:end], with short fades, at another speed if told."""
    wanted = min(len(source), int((end - start) * speed))
    at = int(rng.integers(0, len(source) - wanted + 1))
    cut = source[at : at + wanted]
    if abs(speed - 1.0) > 0.01:
        cut = acoustics.change_speed(cut, speed)
    cut = cut[: end - start].copy()
    fade = MODEL_RATE_HZ // 100
    cut[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    cut[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    if end == WINDOW_SAMPLES:  # an onset goes on to the window's very end
        end_at, start_at = end, end - len(cut)
    else:
        start_at = start + int(rng.integers(0, end - start - len(cut) + 1))
        end_at = start_at + len(cut)
    event[start_at:end_at] += cut
