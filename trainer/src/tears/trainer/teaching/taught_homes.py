"""Measure what teaching does in homes that are made of real recordings.

    python -m tears.trainer.teaching.taught_homes --dataset DIR --model models/cry/1

Each home has one sound that the model takes for crying, such as one cat, and one baby. Both are recordings of the
validation and test splits, which the model was not fitted to. Every clip is heard in several nights: 15 s of room
noise with the clip somewhere in it, at the levels of a microphone in a nursery. The guard set of a home lacks both
recordings. Then the same is done with a guard set of one split alone, and the other split shows what becomes of homes
that no guard set knows; and with labels that are wrong.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES
from tears.own_data.teaching.guard_set import GuardSet
from tears.own_data.teaching.home_examples import HomeExamples
from tears.own_data.teaching.lesson import Lesson, hold_lesson
from tears.own_data.versions.version_files import TFLITE_FILE
from tears.policy.parameters import Policy
from tears.trainer.manifest import DATASET_HELP, DatasetClip, read_clip, read_manifest, several_paths
from tears.trainer.module_command import module_command
from tears.trainer.teaching.guarding import guard_clips, make_guard_set
from tears.trainer.teaching.heard_clips import Embedder, in_a_room

SCENE_SECONDS: Final = 15
# Of each clip of the sound that is mistaken, and of the baby.
_HOME_NIGHTS: Final = {False: 6, True: 2}
_LEAST_BABY_CLIPS: Final = 4
_MOST_BABIES: Final = 8
# A window tells of a sound if it has at least this share of the clip.
_LEAST_SHARE: Final = {False: 0.2, True: 0.6}
_HOMES_SEED: Final = 7


@dataclass(frozen=True)
class HeardRecording:
    """A recording as one home hears it; `split` is that of the dataset."""

    name: str
    category: str
    split: str
    examples: HomeExamples


@module_command("taught_homes", OSError)
def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table of the homes, and what wrong labels do."""
    parser = argparse.ArgumentParser(
        prog="python -m tears.trainer.teaching.taught_homes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--dataset", type=several_paths, required=True, help=DATASET_HELP)
    parser.add_argument("--model", type=Path, default=Path("models/cry/1"), help="folder of the model's version")
    options = parser.parse_args(arguments)
    threshold = Policy().open_threshold
    clips = guard_clips(read_manifest(*options.dataset))
    guard = make_guard_set(options.model, clips)
    heard = list(_heard(options.model / TFLITE_FILE, clips, guard, threshold))
    noises = [one for one in heard if not one.examples.is_crying.any()]
    babies = [one for one in heard if one.examples.is_crying.all()][:_MOST_BABIES]
    print(f"{len(noises)} sounds that are taken for crying, and {len(babies)} babies\n")
    rows = _guard_rows(clips)

    def lesson_of(
        noise: HeardRecording, baby: HeardRecording, within: str = "", *, has_listened_again: bool = True
    ) -> Lesson:
        kept = _part(guard, [name not in {noise.name, baby.name} and within in {"", split} for name, split in rows])
        home = _joined(noise.examples, baby.examples)
        return hold_lesson(home, kept, guard.shipped, threshold, has_listened_again=has_listened_again)

    _print_homes(noises, babies, lesson_of)
    for within, beyond in (("val", "test"), ("test", "val")):
        others = _part(guard, [split == beyond for _, split in rows])
        lost, alarms = np.zeros(2, int), np.zeros(2, int)
        for noise in noises:
            for baby in babies:
                head = lesson_of(noise, baby, within).head or guard.shipped
                for rank, one in enumerate((guard.shipped, head)):
                    is_alarm = one.scores(others.features) >= threshold
                    lost[rank] += int((others.is_crying & ~is_alarm).sum())
                    alarms[rank] += int((~others.is_crying & is_alarm).sum())
        total = len(noises) * len(babies)
        print(
            f"guarded by {within} alone, in {beyond} ({others.is_crying.sum()} cries, {(~others.is_crying).sum()} "
            f"other sounds): {lost[0] / total:.1f} cries missed before and {lost[1] / total:.1f} after, "
            f"{alarms[0] / total:.1f} false alarms before and {alarms[1] / total:.1f} after"
        )
    _print_slips(noises, babies, guard, rows, threshold)


def _print_homes(
    noises: Sequence[HeardRecording],
    babies: Sequence[HeardRecording],
    lesson_of: Callable[..., Lesson],
) -> None:
    print("| sound | homes | offered | at once | recordings | alert before | after | crying | alerts before | after |")
    print(f"|{' --- |' * 10}")
    for noise in noises:
        lessons = [lesson_of(noise, baby) for baby in babies]
        held = [one for one in lessons if one.head is not None]
        offered = sum(one.refusal is None for one in lessons)
        at_once = sum(lesson_of(noise, baby, has_listened_again=False).refusal is None for baby in babies)
        cells = [
            sum(getattr(getattr(one, figure), field) for one in held)
            for figure in ("false_alarms", "heard")
            for field in ("total", "served", "taught")
        ]
        print(f"| {' | '.join(map(str, (noise.category, len(lessons), offered, at_once, *cells)))} |", flush=True)
    print()


def _print_slips(
    noises: Sequence[HeardRecording],
    babies: Sequence[HeardRecording],
    guard: GuardSet,
    rows: Sequence[tuple[str, str]],
    threshold: float,
) -> None:
    """Say what comes of labels that are swapped, of one kind, random, or wrong for every n-th cry."""
    rng = np.random.default_rng(_HOMES_SEED)
    wrong: dict[str, Callable[[npt.NDArray[np.bool_], npt.NDArray[np.int64]], npt.NDArray[np.bool_]]] = {
        "swapped": lambda labels, _: ~labels,
        "all crying": lambda labels, _: labels | True,
        "all something else": lambda labels, _: labels & False,
        "random": lambda labels, numbers: (rng.random(numbers.max() + 1) < 0.5)[numbers] | (labels & False),  # noqa: PLR2004
        "every second cry": lambda labels, numbers: labels & (numbers % 2 == 0),
        "every fourth cry": lambda labels, numbers: labels & (numbers % 4 != 0),
    }
    for name, change in wrong.items():
        refusals: Counter[str] = Counter()
        for noise in noises:
            for baby in babies:
                home = _joined(noise.examples, baby.examples)
                numbers = np.unique(home.recordings, return_inverse=True)[1]
                slipped = replace(home, is_crying=change(home.is_crying, numbers))
                kept = _part(guard, [row not in {noise.name, baby.name} for row, _ in rows])
                refusals[str(hold_lesson(slipped, kept, guard.shipped, threshold).refusal or "offered")] += 1
        print(f"labels {name}: {', '.join(f'{one} {number}' for one, number in refusals.most_common())}")


def _heard(tflite: Path, clips: Sequence[DatasetClip], guard: GuardSet, threshold: float) -> Iterator[HeardRecording]:
    """Yield the recordings of sounds that are taken for crying at least twice, and of babies with a few clips."""
    embedder, rng = Embedder(tflite), np.random.default_rng(_HOMES_SEED)
    scores = guard.shipped.scores(guard.features).reshape(-1, 2).max(axis=1)
    of_recording: dict[str, list[tuple[DatasetClip, float]]] = defaultdict(list)
    for clip, score in zip(clips, scores, strict=True):
        of_recording[_name_of(clip)].append((clip, float(score)))
    for name, members in of_recording.items():
        first = members[0][0]
        may_alarm = max(score for _, score in members) >= threshold - 0.1
        is_wanted = len(members) >= _LEAST_BABY_CLIPS if first.is_crying else may_alarm
        if not is_wanted:
            continue
        examples = _hear(embedder, [clip for clip, _ in members], rng)
        peaks = guard.shipped.scores(examples.features) >= threshold
        if first.is_crying or len({r for r, peak in zip(examples.recordings, peaks, strict=True) if peak}) > 1:
            yield HeardRecording(name, first.category, first.split, examples)


def _hear(embedder: Embedder, clips: Sequence[DatasetClip], rng: np.random.Generator) -> HomeExamples:
    features, labels, names = [], [], []
    for clip in clips:
        for night in range(_HOME_NIGHTS[clip.is_crying]):
            scene, at = in_a_room(read_clip(clip), SCENE_SECONDS, rng)
            for start in range(0, len(scene) - WINDOW_SAMPLES + 1, MODEL_RATE_HZ):
                overlap = min(start, at) + WINDOW_SAMPLES - max(start, at)
                if overlap >= _LEAST_SHARE[clip.is_crying] * WINDOW_SAMPLES:
                    features.append(embedder.features(scene[start : start + WINDOW_SAMPLES]))
                    labels.append(clip.is_crying)
                    names.append(f"{clip.path.stem}-{night}")
    return HomeExamples(np.array(features, np.float32), np.array(labels), tuple(names))


def _joined(one: HomeExamples, other: HomeExamples) -> HomeExamples:
    return HomeExamples(
        np.concatenate([one.features, other.features]),
        np.concatenate([one.is_crying, other.is_crying]),
        one.recordings + other.recordings,
    )


def _guard_rows(clips: Sequence[DatasetClip]) -> list[tuple[str, str]]:
    """Return the recording and the split of each row of the guard set: two for each clip."""
    return [(_name_of(clip), clip.split) for clip in clips for _ in range(2)]


def _part(guard: GuardSet, kept: Sequence[bool]) -> GuardSet:
    rows = np.array(kept)
    return replace(
        guard, features=guard.features[rows], is_crying=guard.is_crying[rows], recordings=guard.recordings[rows]
    )


def _name_of(clip: DatasetClip) -> str:
    return f"{clip.source}\n{clip.original_recording}"


if __name__ == "__main__":
    sys.exit(main())
