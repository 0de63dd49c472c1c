"""Compose a scene from a seed: a nursery's recording, and the truth about what happens in it."""

from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np
import numpy.typing as npt

from tears.samples.errors import SamplesError
from tears.samples.room import NURSERY_ROOMS, as_recorded, room_noise
from tears.samples.sound_kinds import CRIES, OTHERS, OVERRUN_SECONDS, Sound, SoundKind
from tears.samples.waveforms import SCENE_RATE_HZ, at_level, sample_count, with_fades

CRY_DBFS = (-45.0, -20.0)
OTHER_DBFS = (-42.0, -16.0)
LEAST_ABOVE_NOISE_DB = 15.0  # a sound must be at least this far above the room's noise
LEAST_EPISODE_GAP_SECONDS = 30.0
LEAST_SOUND_GAP_SECONDS = 4.0
EDGE_SECONDS = 8.0  # quiet at the beginning and at the end
_PEAK = 0.95
_MOST_DRAWS = 1000

DEMO_SEED = 16
DEMO_MINUTES = 4.0
DEMO_ROOM = "fan"


class SceneEvent(TypedDict):
    """One sound in a scene; times in seconds from its start.

    `level_dbfs` is the level over the louder half of the sound's frames of 50 ms. `label_suspect` is always 0,
    because the label of a synthesised sound is certain.
    """

    start: float
    end: float
    label: Literal["crying", "other"]
    category: str
    level_dbfs: float
    original_recording: str
    label_suspect: int


class SceneTruth(TypedDict):
    """The events in a scene, in the order of time."""

    room: str
    sample_rate_hz: int
    duration_seconds: float
    events: list[SceneEvent]


@dataclass(frozen=True)
class Scene:
    """A nursery's recording and the truth about it."""

    samples: npt.NDArray[np.int16]  # shape (samples,), mono
    sample_rate_hz: int  # 48 000
    truth: SceneTruth


def demo_scene() -> Scene:
    """Return the demo's scene, always the same: 4 minutes, 4 episodes of crying, and each other sound between them."""
    return compose_scene(DEMO_SEED, minutes=DEMO_MINUTES, room=DEMO_ROOM)


def compose_scene(seed: int, *, minutes: float = 4.0, room: str | None = None) -> Scene:
    """Compose a scene with one episode of crying and two other sounds a minute, at least 30 s between episodes.

    Args:
        seed: The same seed and length give the same scene.
        minutes: Its length; at least 1.
        room: The name of one of `NURSERY_ROOMS`; None draws one.

    Raises:
        SamplesError: The scene is shorter than a minute, there is no such room, or no sounds were found that fit in.
    """
    if not minutes >= 1:
        raise SamplesError(f"A scene lasts 1 minute or more, not {minutes:g}")
    rooms = {candidate.name: candidate for candidate in NURSERY_ROOMS}
    if room is not None and room not in rooms:
        raise SamplesError(f"There is no room {room!r}; the rooms are {', '.join(rooms)}")
    rng = np.random.default_rng(seed)
    drawn = NURSERY_ROOMS[rng.integers(0, len(NURSERY_ROOMS))]
    place = drawn if room is None else rooms[room]

    length_seconds = round(minutes * 60, 3)
    plan = _plan(int(minutes), length_seconds, rng)
    groups = [[kind.make(seconds, rng) for kind, seconds in group] for group in plan]
    sounds = [sound for group in groups for sound in group]
    lengths_seconds = [[sound.seconds for sound in group] for group in groups]
    gaps_seconds = _gaps(lengths_seconds)
    # Not below 0: the plan reserved time for every sound's overrun.
    free_seconds = length_seconds - _needed_seconds(lengths_seconds)
    levels = _levels(sounds, place.noise_dbfs, rng)
    shares = free_seconds * rng.dirichlet(np.full(len(sounds) + 1, 1.5))
    recording = room_noise(place, length_seconds, rng)
    now = EDGE_SECONDS
    events: list[SceneEvent] = []
    for sound, wanted_dbfs, gap, share in zip(sounds, levels, gaps_seconds, shares[:-1], strict=True):
        start = now + gap + float(share)
        now = start + sound.seconds
        wave = at_level(as_recorded(with_fades(sound.waveform, 0.002, 0.01), rng), wanted_dbfs)
        too_loud = max(float(np.abs(wave).max()) / _PEAK, 1.0)
        at = sample_count(start)
        recording[at : at + wave.size] += (wave[: recording.size - at] / too_loud).astype(np.float32)
        events.append(
            SceneEvent(
                start=round(start, 2),
                end=round(now, 2),
                label=sound.label,
                category=sound.category,
                level_dbfs=round(wanted_dbfs - 20 * float(np.log10(too_loud)), 1),
                original_recording=sound.original_recording,
                label_suspect=0,
            )
        )
    recording *= 32768
    pcm = np.clip(np.round(recording, out=recording), -32768, 32767, out=recording).astype(np.int16)
    truth = SceneTruth(room=place.name, sample_rate_hz=SCENE_RATE_HZ, duration_seconds=length_seconds, events=events)
    return Scene(pcm, SCENE_RATE_HZ, truth)


def _plan(episodes: int, length_seconds: float, rng: np.random.Generator) -> list[list[tuple[SoundKind, float]]]:
    """Return the sounds in their order, with their lengths; each group except the last ends with crying."""
    for _ in range(_MOST_DRAWS):
        babies = np.concatenate([rng.permutation(len(CRIES)) for _ in range(-(-episodes // len(CRIES)))])[:episodes]
        rounds = [rng.permutation(len(OTHERS)) for _ in range(-(-2 * episodes // len(OTHERS)))]
        others = np.concatenate(rounds)[: 2 * episodes]
        # The other sounds are spread evenly over the spaces before, between and after the episodes.
        spaces = np.sort(np.arange(2 * episodes) % (episodes + 1))
        groups = [[OTHERS[kind] for kind in others[spaces == space]] for space in range(episodes + 1)]
        for group, baby in zip(groups[:-1], babies, strict=True):
            group.append(CRIES[baby])
        plan = [[(kind, float(rng.uniform(*kind.seconds))) for kind in group] for group in groups]
        if _needed_seconds([[seconds + OVERRUN_SECONDS for _, seconds in group] for group in plan]) <= length_seconds:
            return plan
    raise SamplesError(f"In {_MOST_DRAWS} draws no sounds fitted into {length_seconds:g} s")


def _needed_seconds(groups: list[list[float]]) -> float:
    """Return the length of the shortest scene that holds groups of sounds of these lengths."""
    return 2 * EDGE_SECONDS + sum(_gaps(groups)) + sum(sum(group) for group in groups)


def _levels(sounds: list[Sound], noise_dbfs: float, rng: np.random.Generator) -> list[float]:
    """Return a level for each sound; the cries are spread over their range, so that some are faint and some loud."""
    levels = []
    cries = sum(sound.label == "crying" for sound in sounds)
    steps = iter((rng.permutation(cries) + rng.uniform(0, 1, cries)) / cries)
    for sound in sounds:
        low, high = CRY_DBFS if sound.label == "crying" else OTHER_DBFS
        low = max(low, noise_dbfs + LEAST_ABOVE_NOISE_DB)
        share = float(next(steps)) if sound.label == "crying" else float(rng.uniform(0, 1))
        levels.append(round(low + (high - low) * share, 1))
    return levels


def _gaps(groups: list[list[float]]) -> list[float]:
    """Return the least time before each sound that keeps episodes far enough apart, from the sounds' lengths."""
    gaps: list[float] = []
    for index, group in enumerate(groups):
        # Each group except the last ends with crying; the sounds before it separate it from the episode before.
        between = sum(group[:-1]) + LEAST_SOUND_GAP_SECONDS * len(group)
        short = max(LEAST_EPISODE_GAP_SECONDS - between, 0.0) if 0 < index < len(groups) - 1 else 0.0
        gaps += [LEAST_SOUND_GAP_SECONDS + short / len(group)] * len(group)
    return gaps
