# ruff: noqa: PLR2004 (the shares and ranges of what is drawn are this module's subject)
"""Compose training windows: a sound, placed somewhere in five seconds, in a room, through a microphone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.audio.format import Int16Array, Signal, float_from_int16, int16_from_float
from tears.audio.gain import amplitude
from tears.own_data.sounds import noises, speech
from tears.trainer.augmentation import acoustics, generated_sounds
from tears.trainer.augmentation.corpus_sounds import CorpusSounds
from tears.trainer.augmentation.devices import through_device
from tears.trainer.augmentation.draw_weights import draw_weights
from tears.trainer.augmentation.revoicing.bank import VoiceBank
from tears.trainer.augmentation.throats import adults, cats, toddlers
from tears.trainer.frontend import SPAN_SAMPLES, SPANS
from tears.trainer.manifest import DatasetClip, read_clip

BREATH_DB: Final = -18.0  # where a cry is further than this below its active level, it counts as a breath
SHORTEST_CRY_SECONDS: Final = 0.7  # a window with less crying is not used: neither label would be right
CRYING_SHARE: Final = 0.5
GENERATED_SHARE: Final = 0.25  # of the cries, if cries are generated
GENERATED_SOURCE: Final = "generated"
DEVICE_SHARE: Final = 0.35  # of the windows composed of clips
# Standard deviation of the logarithm of a cry's speed: other babies are smaller or larger.
CRY_SPEED_SPREAD: Final = 0.13
# The same for other clips. An adult's laugh sounds like a child's at 1.5 times the speed.
SPEED_SPREAD: Final = 0.2
# The same for the corpus, from which a network learns sounds in general.
CORPUS_SPEED_SPREAD: Final = 0.07
# The kinds of other sounds: their shares of the windows composed of clips, and of those composed of the corpus.
SOUND_KINDS: Final = {
    "clip": (0.50, 0.74),
    "two clips": (0.10, 0.20),
    "room": (0.10, 0.02),
    "tonal": (0.06, 0.04),
    "speech": (0.06, 0.0),
    "insect": (0.03, 0.0),
    "creak": (0.06, 0.0),
    "sobbing adult": (0.03, 0.0),
    "meowing cat": (0.02, 0.0),
    "yowling cat": (0.02, 0.0),
    "babbling toddler": (0.02, 0.0),
}
# Sounds that are generated for each window.
GENERATORS: Final = {
    "tonal": noises.tonal_sound,
    "insect": generated_sounds.insect,
    "creak": generated_sounds.creak,
    "sobbing adult": adults.sobbing,
    "meowing cat": cats.meowing,
    "yowling cat": cats.caterwauling,
    "babbling toddler": toddlers.babbling,
}


@dataclass(frozen=True)
class WindowScene:
    """One window as the recorder would capture it."""

    samples: Int16Array  # [110 250], before the pipeline's gain
    gain_db: float | None  # a fixed gain, None for automatic
    is_crying: bool
    spans: npt.NDArray[np.uint8]  # [27], 1 for each 186 ms in which the crying is audible
    dry: Signal  # [110 250], the same sounds without room and microphone, for a teacher to judge
    cry_source: str = ""  # the source of the cries; empty for windows without crying


class SceneComposer:
    """Composes training windows from clips. Each window is a pure function of the seed and its number.

    Args:
        clips: Clips of the training split; cries whose label is suspect are not used.
        seed: Seeds everything random.
        sentences: How many spoken sentences to generate; none are generated if espeak-ng is not installed.
        corpus: Folder of sounds without crying; they are drawn instead of the clips without crying.
        babies: How many cries to generate besides those of the clips.
        voices: A bank of new voices that `revoicing.bank.make_bank` has made of the same clips.
    """

    def __init__(
        self,
        clips: Sequence[DatasetClip],
        seed: int,
        sentences: int = 160,
        corpus: Path | None = None,
        babies: int = 0,
        voices: Path | None = None,
    ) -> None:
        self._seed = seed
        rng = np.random.default_rng([seed, 0])
        cries = [clip for clip in clips if clip.is_crying and not clip.label_suspect]
        others = [clip for clip in clips if not clip.is_crying]
        self._cries, self._cry_weights = _at_level_1(cries), draw_weights(cries)
        self._others, self._other_weights = _at_level_1(others), draw_weights(others)
        self._cry_clips, self._other_clips = cries, others
        self._voices = VoiceBank(voices, clips) if voices else None
        self._cries_of: dict[str, list[int]] = defaultdict(list)
        for k, clip in enumerate(cries):
            self._cries_of[clip.original_recording].append(k)
        self._recording_of = [clip.original_recording for clip in cries]
        self._source_of = [clip.source for clip in cries]
        if babies:
            self._add_generated(babies, np.random.default_rng([seed, 3]))
        self._noise = noises.noise_bank(rng)
        self._rooms = acoustics.room_responses(48, rng)
        self._speech = speech.spoken_sentences(rng, sentences)
        self._corpus = CorpusSounds(corpus) if corpus else None
        self._kind_shares = [shares[1 if corpus else 0] for shares in SOUND_KINDS.values()]
        self._speed_spread = CORPUS_SPEED_SPREAD if corpus else SPEED_SPREAD

    def _add_generated(self, babies: int, rng: np.random.Generator) -> None:
        for cry in generated_sounds.generated_cries(rng, babies):
            self._cries_of[f"generated {len(self._cries)}"] = [len(self._cries)]
            self._recording_of.append(f"generated {len(self._cries)}")
            self._source_of.append(GENERATED_SOURCE)
            self._cries.append(cry / (acoustics.active_rms(cry) + 1e-6))
        shares = np.full(babies, GENERATED_SHARE / babies)
        self._cry_weights = np.concatenate([self._cry_weights * (1 - GENERATED_SHARE), shares])

    def compose(self, number: int) -> WindowScene:
        """Compose the window of this number."""
        rng = np.random.default_rng([self._seed, 1, number])
        if self._cries and rng.random() < CRYING_SHARE:
            for _ in range(8):
                event, spans, seconds, source = self._crying(rng)
                if seconds >= SHORTEST_CRY_SECONDS:
                    return self._recorded(event, spans, rng, source)
        return self._recorded(self._something_else(rng), np.zeros(SPANS, np.uint8), rng)

    def _crying(self, rng: np.random.Generator) -> tuple[Signal, npt.NDArray[np.uint8], float, str]:
        """Place cries of one recording; return the sound, where and for how many seconds it is audible, its source."""
        first = int(rng.choice(len(self._cries), p=self._cry_weights))
        siblings = self._cries_of[self._recording_of[first]]
        event = np.zeros(WINDOW_SAMPLES, np.float32)
        speed = float(np.exp(rng.normal(0, CRY_SPEED_SPREAD)))
        # One new voice for all parts of the window, so that they stay one baby.
        voice = self._voices.draw_voice(rng) if self._voices else None
        for k, (start, end) in enumerate(_placement(rng)):
            source = self._cry(first if k == 0 else int(rng.choice(siblings)), voice)
            _add_cut(event, source, start, end, speed, rng)
        spans, seconds = active_spans(event)
        return event, spans, seconds, self._source_of[first]

    def _cry(self, number: int, voice: int | None) -> Signal:
        """Return a cry as it was recorded or generated, or a recorded one in a new voice."""
        if voice is None or self._voices is None or number >= len(self._cry_clips):
            return self._cries[number]
        revoiced = self._voices.sound(self._cry_clips[number], voice)
        return self._cries[number] if revoiced is None else revoiced

    def _something_else(self, rng: np.random.Generator) -> Signal:
        event = np.zeros(WINDOW_SAMPLES, np.float32)
        kind = str(rng.choice(list(SOUND_KINDS), p=self._kind_shares))
        for _ in range({"clip": 1, "two clips": 2}.get(kind, 0)):
            source = self._other(rng)
            layer, speed = np.zeros(WINDOW_SAMPLES, np.float32), float(np.exp(rng.normal(0, self._speed_spread)))
            for start, end in _placement(rng):
                _add_cut(layer, source, start, end, speed, rng)
            event += layer * amplitude(rng.uniform(-12, 0))
        if kind == "speech" and self._speech:
            sentence = self._speech[int(rng.integers(len(self._speech)))]
            at = int(rng.integers(-len(sentence) // 2, WINDOW_SAMPLES - MODEL_RATE_HZ))
            sentence = sentence[max(0, -at) :]
            event[max(0, at) :][: len(sentence)] += sentence[: WINDOW_SAMPLES - max(0, at)]
        elif kind in GENERATORS or kind == "speech":
            sound = GENERATORS.get(kind, noises.tonal_sound)(rng)
            for start, end in _placement(rng):
                _add_cut(event, sound, start, end, 1.0, rng)
        return event

    def _other(self, rng: np.random.Generator) -> Signal:
        if self._corpus is not None:
            return self._corpus.draw(rng)
        number = int(rng.choice(len(self._others), p=self._other_weights))
        if self._voices is not None and (voice := self._voices.draw_voice(rng)) is not None:
            revoiced = self._voices.sound(self._other_clips[number], voice)
            return self._others[number] if revoiced is None else revoiced
        return self._others[number]

    def _recorded(
        self, event: Signal, spans: npt.NDArray[np.uint8], rng: np.random.Generator, cry_source: str = ""
    ) -> WindowScene:
        """Play the sound at some level in a room, and record it through a microphone in 16 bits."""
        event /= acoustics.active_rms(event) + 1e-6
        is_crying = bool(spans.any())
        is_unchanged = rng.random() < 0.3  # a clip as it was recorded, with nothing added
        if is_crying and rng.random() < 0.25:  # something else sounds at the same time
            other = self._something_else(rng)
            event += other / (acoustics.active_rms(other) + 1e-6) * amplitude(rng.uniform(-20, -2))
        dry = event.copy()
        level_db = rng.uniform(-48, -12)
        if is_unchanged:
            floor_db = -120.0
        else:
            floor_db = float(np.clip(level_db - rng.uniform(0, 36), -90, -42))
            if rng.random() < 0.5:
                event = acoustics.filtered(event, self._rooms[int(rng.integers(len(self._rooms)))])
        if rng.random() < 0.1:
            event = acoustics.saturated(event, rng.uniform(0, 20))
        recorded = event * amplitude(level_db)
        if floor_db > -110:
            recorded = recorded + noises.room_noise(self._noise, rng) * amplitude(floor_db)
        if rng.random() < 0.75:
            recorded = acoustics.filtered(recorded, acoustics.microphone_response(rng))
        if self._corpus is None and rng.random() < DEVICE_SHARE:
            recorded = through_device(np.clip(recorded, -1, 1), rng)
        gain_db: float | None = None
        if rng.random() < 0.12:
            gain_db = 45.0 if rng.random() < 0.5 else float(rng.uniform(0, 45))
        dry = dry if dry.any() else recorded
        return WindowScene(int16_from_float(recorded), gain_db, is_crying, spans, dry, cry_source)


def active_spans(event: Signal) -> tuple[npt.NDArray[np.uint8], float]:
    """Find where a sound is audible; the event, of shape [110 250], is zero where there is no sound.

    Returns:
        uint8 of shape [27], 1 for each audible span of 186 ms; and the audible seconds in all.
    """
    levels = acoustics.frame_levels(event)
    threshold = acoustics.active_rms(event[event != 0]) * amplitude(BREATH_DB) if np.any(event) else np.inf
    seconds = float(np.sum(levels > threshold)) * acoustics.LEVEL_FRAME_SAMPLES / MODEL_RATE_HZ
    padded = np.pad(event, (0, SPANS * SPAN_SAMPLES - len(event))).reshape(SPANS, SPAN_SAMPLES)
    spans = np.sqrt(np.mean(np.square(padded), axis=1)) > threshold
    return spans.astype(np.uint8), seconds


def _at_level_1(clips: Sequence[DatasetClip]) -> list[Signal]:
    """Read clips and scale them to an active level of 1."""
    signals = [float_from_int16(read_clip(clip)) for clip in clips]
    return [signal / (acoustics.active_rms(signal) + 1e-6) for signal in signals]


def _placement(rng: np.random.Generator) -> list[tuple[int, int]]:
    """Draw the start and end of each part of a sound: one part anywhere in the window, or two with a pause between."""
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


def _add_cut(event: Signal, source: Signal, start: int, end: int, speed: float, rng: np.random.Generator) -> None:
    """Add a random cut of the source, at a speed and with short fades, to event[start:end]."""
    wanted = min(len(source), int((end - start) * speed))
    at = int(rng.integers(0, len(source) - wanted + 1))
    cut = source[at : at + wanted]
    if abs(speed - 1.0) > 0.01:
        cut = acoustics.change_speed(cut, speed)
    cut = cut[: end - start].copy()
    fade = MODEL_RATE_HZ // 100
    cut[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    cut[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    if end == WINDOW_SAMPLES:  # an onset lasts until the very end of the window
        start = end - len(cut)
    else:
        start += int(rng.integers(0, end - start - len(cut) + 1))
    event[start : start + len(cut)] += cut
