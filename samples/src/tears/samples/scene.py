"""A scene: a nursery's recording, composed from a seed, and the truth about what happens in it."""

from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np
import numpy.typing as npt

from tears.samples.errors import SamplesError
from tears.samples.room import ROOMS, heard, stillness
from tears.samples.sound_kinds import CRIES, OTHERS, OVERRUN_SECONDS, Kind, Sound
from tears.samples.waveforms import RATE_HZ, faded, levelled, samples

CRY_DBFS = (-45.0, -20.0)
OTHER_DBFS = (-42.0, -16.0)
LEAST_ABOVE_NOISE_DB = 15.0  # fainter than this over the room's noise is not what a scene is to show
LEAST_BETWEEN_BOUTS_SECONDS = 30.0
LEAST_GAP_SECONDS = 4.0
EDGE_SECONDS = 8.0  # quiet at the beginning and at the end
_PEAK = 0.95
_MOST_DRAWS = 1000

DEMO_SEED = 16
DEMO_MINUTES = 4.0
DEMO_ROOM = "fan"


class Event(TypedDict):
    """One sound in a scene; times in seconds from its start.

    `level_dbfs` is the level over the louder half of the sound's frames of 50 ms. `label_suspect` is always 0:
    what is synthesised is what it is said to be.
    """

    start: float
    end: float
    label: Literal["crying", "other"]
    category: str
    level_dbfs: float
    original_recording: str
    label_suspect: int


class Truth(TypedDict):
    """What happens in a scene, in the order of time."""

    room: str
    sample_rate_hz: int
    duration_seconds: float
    events: list[Event]


@dataclass(frozen=True)
class Scene:
    """A nursery's recording and the truth about it.

    Attributes:
        samples: int16, shape (samples,), mono.
        sample_rate_hz: 48 000.
        truth: What happens in it.
    """

    samples: npt.NDArray[np.int16]
    sample_rate_hz: int
    truth: Truth


def demo_scene() -> Scene:
    """The demo's scene, always the same: about 4 minutes, 4 bouts of crying, each of the other sounds between them."""
    return compose_scene(DEMO_SEED, minutes=DEMO_MINUTES, room=DEMO_ROOM)


def compose_scene(seed: int, *, minutes: float = 4.0, room: str | None = None) -> Scene:
    """A nursery's recording: one bout of crying and two other sounds a minute, at least 30 s between bouts.

    Args:
        seed: The same seed and length give the same scene.
        minutes: Its length; at least 1.
        room: The name of one of `ROOMS`; one is drawn if it is None.

    Raises:
        SamplesError: The scene is shorter than a minute, there is no such room, or no sounds were found that fit.
    """
    if not minutes >= 1:
        raise SamplesError(f"A scene lasts 1 minute or more, not {minutes:g}")
    rooms = {candidate.name: candidate for candidate in ROOMS}
    if room is not None and room not in rooms:
        raise SamplesError(f"There is no room {room!r}; the rooms are {', '.join(rooms)}")
    rng = np.random.default_rng(seed)
    drawn = ROOMS[rng.integers(0, len(ROOMS))]
    place = drawn if room is None else rooms[room]

    length_seconds = round(minutes * 60, 3)
    plan = _plan(int(minutes), length_seconds, rng)
    groups = [[kind.make(seconds, rng) for kind, seconds in group] for group in plan]
    sounds = [sound for group in groups for sound in group]
    lengths_seconds = [[sound.seconds for sound in group] for group in groups]
    gaps_seconds = _gaps(lengths_seconds)
    # Not below 0: the plan left room for every sound's overrun.
    free_seconds = length_seconds - _needed_seconds(lengths_seconds)
    levels = _levels(sounds, place.noise_dbfs, rng)
    shares = free_seconds * rng.dirichlet(np.full(len(sounds) + 1, 1.5))
    recording = stillness(place, length_seconds, rng)
    now = EDGE_SECONDS
    events: list[Event] = []
    for sound, wanted_dbfs, gap, share in zip(sounds, levels, gaps_seconds, shares[:-1], strict=True):
        start = now + gap + float(share)
        now = start + sound.seconds
        wave = levelled(heard(faded(sound.waveform, 0.002, 0.01), rng), wanted_dbfs)
        too_loud = max(float(np.abs(wave).max()) / _PEAK, 1.0)
        at = samples(start)
        recording[at : at + wave.size] += (wave[: recording.size - at] / too_loud).astype(np.float32)
        events.append(
            Event(
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
    truth = Truth(room=place.name, sample_rate_hz=RATE_HZ, duration_seconds=length_seconds, events=events)
    return Scene(pcm, RATE_HZ, truth)


def _plan(bouts: int, length_seconds: float, rng: np.random.Generator) -> list[list[tuple[Kind, float]]]:
    """What sounds in which order, and for how long; each group but the last ends with a bout of crying."""
    for _ in range(_MOST_DRAWS):
        babies = np.concatenate([rng.permutation(len(CRIES)) for _ in range(-(-bouts // len(CRIES)))])[:bouts]
        rounds = [rng.permutation(len(OTHERS)) for _ in range(-(-2 * bouts // len(OTHERS)))]
        others = np.concatenate(rounds)[: 2 * bouts]
        # The others are dealt out evenly over the spaces before, between and after the bouts.
        spaces = np.sort(np.arange(2 * bouts) % (bouts + 1))
        groups = [[OTHERS[kind] for kind in others[spaces == space]] for space in range(bouts + 1)]
        for group, baby in zip(groups[:-1], babies, strict=True):
            group.append(CRIES[baby])
        plan = [[(kind, float(rng.uniform(*kind.seconds))) for kind in group] for group in groups]
        if _needed_seconds([[seconds + OVERRUN_SECONDS for _, seconds in group] for group in plan]) <= length_seconds:
            return plan
    raise SamplesError(f"In {_MOST_DRAWS} draws no sounds fitted into {length_seconds:g} s")


def _needed_seconds(groups: list[list[float]]) -> float:
    """The shortest scene that holds groups of sounds of these lengths."""
    return 2 * EDGE_SECONDS + sum(_gaps(groups)) + sum(sum(group) for group in groups)


def _levels(sounds: list[Sound], noise_dbfs: float, rng: np.random.Generator) -> list[float]:
    """A level for each sound; the cries' lie spread over their range, so that a scene has faint and loud ones."""
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
    """The least time before each sound, such that bouts of crying are far enough apart, by the sounds' lengths."""
    gaps: list[float] = []
    for index, group in enumerate(groups):
        # A bout ends each group but the last; what comes before it in its group parts it from the bout before.
        between = sum(group[:-1]) + LEAST_GAP_SECONDS * len(group)
        short = max(LEAST_BETWEEN_BOUTS_SECONDS - between, 0.0) if 0 < index < len(groups) - 1 else 0.0
        gaps += [LEAST_GAP_SECONDS + short / len(group)] * len(group)
    return gaps
