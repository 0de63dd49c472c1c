"""Which part of a labelled sound a lesson uses."""

from pathlib import Path

import numpy as np
import soundfile

from tears.journal.history.records import ClipState, KeptClip, ParentLabel, Verdict
from tears.journal.teaching.lesson_material import LessonMaterial, LessonSound, sounds_of

AT = 1_800_000_000.0
RATE_HZ = 16_000


def label(
    number: int, from_at: float, verdict: Verdict = Verdict.CAT, *, mic: str = "nursery", mark: bool = False
) -> ParentLabel:
    return ParentLabel(
        id=f"label-{number}",
        mic=mic,
        from_at=from_at,
        to_at=from_at + 20,
        verdict=verdict,
        made_by="parent",
        made_at=AT,
        episode_id=None if mark else f"episode-{number}",
    )


class Kept:
    """A history and its clips, which begin ten seconds before each label."""

    def __init__(self, folder: Path, labels: list[ParentLabel], lost: str = "") -> None:
        self.folder, self._labels, self._lost = folder, labels, lost

    def labels(self, from_at: float = 0.0, to_at: float = float("inf")) -> list[ParentLabel]:
        return [one for one in self._labels if from_at <= one.from_at < to_at]

    def clip(self, clip_id: str) -> KeptClip:
        [found] = [one for one in self._labels if clip_id in {one.episode_id, one.id}]
        state = ClipState.DELETED if clip_id == self._lost else ClipState.KEPT
        return KeptClip(state=state, from_at=found.from_at - 10, seconds=35)

    def path(self, clip_id: str) -> Path | None:
        path = self.folder / f"{clip_id}.flac"
        return path if path.is_file() else None


def sounds(*labels: ParentLabel, lost: str = "") -> list[LessonSound]:
    kept = Kept(Path(), list(labels), lost)
    return sounds_of(kept.labels(), kept.clip)


def test_the_window_that_alerted_is_part_of_an_episode_and_its_last_quiet_is_not_crying() -> None:
    [cat] = sounds(label(1, AT))
    [crying] = sounds(label(1, AT, Verdict.CRYING))
    [mark] = sounds(label(1, AT, Verdict.CRYING, mark=True))

    assert (cat.from_seconds, cat.to_seconds, cat.is_crying) == (6.0, 30.0, False)
    assert (crying.from_seconds, crying.to_seconds, crying.is_crying) == (6.0, 24.0, True)
    assert (mark.from_seconds, mark.to_seconds) == (10.0, 30.0)


def test_sounds_within_two_minutes_are_one_recording_also_in_two_rooms_that_hear_the_same_baby() -> None:
    found = sounds(label(1, AT), label(2, AT + 100), label(3, AT + 300), label(4, AT + 5, mic="den"))
    by_id = {one.clip_id: one.recording for one in found}

    assert by_id["episode-1"] == by_id["episode-2"] == by_id["episode-4"] != by_id["episode-3"]


def test_a_sound_without_a_clip_is_left_out() -> None:
    assert [one.clip_id for one in sounds(label(1, AT), label(2, AT + 500), lost="episode-1")] == ["episode-2"]


def test_windows_are_written_by_kind_and_pauses_in_crying_are_not_crying(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(35 * RATE_HZ)
    loud = np.where(np.arange(35 * RATE_HZ) < 15 * RATE_HZ, 3_000.0, 10.0)
    labels = [label(1, AT, Verdict.CRYING), label(2, AT + 500), label(3, AT + 900)]
    for number in (1, 2):
        soundfile.write(tmp_path / f"episode-{number}.flac", (noise * loud).astype(np.int16), RATE_HZ)
    (tmp_path / "episode-3.flac").write_bytes(b"no sound")
    kept = Kept(tmp_path, labels)
    ids = LessonMaterial(kept, kept).write(tmp_path / "clips")

    assert sorted(ids.values()) == [("episode-1",), ("episode-2",)]
    crying, other = (sorted((tmp_path / "clips" / kind).iterdir()) for kind in ("crying", "other"))
    # From 6 s on, one window every two seconds: those that end by 24 s, but for the quiet ones.
    assert len(crying) == 5
    assert len(other) == 10
    assert soundfile.info(crying[0]).frames == 110_250
