"""The synthesis, heard by YAMNet: every bout is a baby's cry, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tears.samples.scene import Scene, compose_scene, demo_scene
from tears.samples.sound_kinds import CRIES, OTHERS, Kind
from tears.samples.waveforms import RATE_HZ, levelled

# What is reached is 0.98 and 0.05: a change that falls below these has spoilt something.
LEAST_FOR_A_BOUT = 0.8
MOST_FOR_ANOTHER = 0.1

FRAME_SECONDS = 0.975
HOP_SECONDS = 0.48
# A room answers for a while after a sound has ended.
TAIL_SECONDS = 0.5

Judge = Callable[[npt.NDArray[Any], int], npt.NDArray[np.float64]]


def at_20_below(kind: Kind, seed: int) -> npt.NDArray[np.float64]:
    """A clean sound of its least length, with nothing around it."""
    return levelled(kind.make(kind.seconds[0], np.random.default_rng(seed)).waveform, -20.0)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", CRIES, ids=lambda kind: kind.name)
def test_each_baby_by_itself_is_heard_as_a_crying_baby(infant_cry: Judge, kind: Kind, seed: int) -> None:
    assert infant_cry(at_20_below(kind, seed), RATE_HZ).max() >= LEAST_FOR_A_BOUT


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", OTHERS, ids=lambda kind: kind.name)
def test_no_other_sound_by_itself_is_heard_as_one(infant_cry: Judge, kind: Kind, seed: int) -> None:
    assert infant_cry(at_20_below(kind, seed), RATE_HZ).max() <= MOST_FOR_ANOTHER


@pytest.mark.parametrize(
    "compose",
    [demo_scene, lambda: compose_scene(2, minutes=2.0), lambda: compose_scene(3, minutes=2.0)],
    ids=["demo", "seed 2", "seed 3"],
)
def test_in_a_scene_each_bout_is_heard_and_nothing_outside_of_them(
    infant_cry: Judge, compose: Callable[[], Scene]
) -> None:
    scene = compose()
    scores = infant_cry(scene.samples / 32768, scene.sample_rate_hz)
    begin = np.arange(scores.size) * HOP_SECONDS
    inside = np.zeros(scores.size, dtype=bool)
    heard = []
    for event in scene.truth["events"]:
        if event["label"] == "crying":
            touched = (begin + FRAME_SECONDS > event["start"]) & (begin < event["end"] + TAIL_SECONDS)
            inside |= touched
            heard.append(scores[touched])

    assert min(bout.max() for bout in heard) >= LEAST_FOR_A_BOUT
    # Not here and there either, but through most of a bout.
    assert min(float(np.median(bout)) for bout in heard) >= 0.5
    assert scores[~inside].max() <= MOST_FOR_ANOTHER
