"""Which clips are cut, and how they are called."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.audio.constants import SILENCE_DBFS
from tears.own_data.clips.quiet import quiet_among
from tears.own_data.clips.slicing import Recorded, evenly, labelled_slices, named, rest_slices, runs
from tears.own_data.clips.splits import which_split
from tears.own_data.errors import SliceError
from tears.own_data.labels.labels_file import Label

RATE = 16_000


def recorded(stem: str, seconds: float, *labels: Label, session: str = "", begin_seconds: float = 0.0) -> Recorded:
    return Recorded(
        stem=stem,
        rate_hz=RATE,
        samples=round(seconds * RATE),
        labels=labels,
        session=session,
        first_sample=round(begin_seconds * RATE),
    )


def sample(seconds: float) -> int:
    return math.floor(seconds * RATE + 0.5)


def night(*labels: tuple[int, Label], files: int = 8) -> list[Recorded]:
    """Files of 30 s that follow each other."""
    return [
        recorded(f"night-{k}", 30, *(label for at, label in labels if at == k), session="a", begin_seconds=30 * k)
        for k in range(files)
    ]


@given(
    st.floats(6, 100).map(lambda value: round(value, 3)),
    st.floats(0, 90).map(lambda value: round(value, 6)),
    st.floats(0.1, 90).map(lambda value: round(value, 6)),
)
def test_every_clip_lies_wholly_inside_its_label_and_its_recording(seconds: float, begin: float, length: float) -> None:
    one = recorded("a", seconds, Label(begin, begin + length, "crying"))
    firsts = [slice_.first_sample for slice_ in labelled_slices([one])]
    end = min(begin + length, seconds)
    assert all(first >= sample(begin) and first + 5 * RATE <= sample(end) for first in firsts)
    assert all(second - first == 5 * RATE for first, second in itertools.pairwise(firsts))
    # As many as fit, to the sample.
    assert len(firsts) == max(0, sample(end) - sample(begin)) // (5 * RATE)


def test_clips_of_a_recording_are_numbered_through_whatever_their_labels() -> None:
    one = recorded("phone", 40, Label(0, 12, "quiet"), Label(20, 36, "crying"))
    assert [
        (clip.slice.label, clip.slice.first_sample / RATE, clip.name) for clip in named(labelled_slices([one]))
    ] == [
        ("quiet", 0, "phone_nohash_0.wav"),
        ("quiet", 5, "phone_nohash_1.wav"),
        ("crying", 20, "phone_nohash_2.wav"),
        ("crying", 25, "phone_nohash_3.wav"),
        ("crying", 30, "phone_nohash_4.wav"),
    ]


def test_a_bout_through_several_files_is_one_recording_and_in_one_split() -> None:
    files = night(
        (1, Label(12, 30, "crying")), (2, Label(0, 30, "crying")), (3, Label(0, 7, "crying")),
        (3, Label(20, 30, "crying")), (4, Label(0, 6, "crying")),
    )  # fmt: skip
    clips = named(labelled_slices(list(reversed(files))))
    # With the pause in it: it was labelled in parts.
    assert [clip.slice.group for clip in clips] == ["night-1"] * 13
    assert [clip.name for clip in clips[:11:5]] == [
        "night-1_nohash_0.wav", "night-1_nohash_5.wav", "night-1_nohash_10.wav",
    ]  # fmt: skip
    assert len({clip.name for clip in clips}) == 13
    assert len({which_split(clip.name, 30, 30) for clip in clips}) == 1


def test_a_gap_in_the_session_parts_two_runs_but_not_a_bout() -> None:
    files = night((1, Label(0, 30, "crying")), (2, Label(0, 30, "crying")))
    files[2] = recorded("night-2", 30, Label(0, 30, "crying"), session="a", begin_seconds=60.5)
    assert {one.group for one in labelled_slices(files[:3])} == {"night-1"}
    assert [len(run) for run in runs(files[:3])] == [2, 1]


def test_labels_that_are_far_apart_or_of_another_name_are_recordings_of_their_own() -> None:
    files = night(
        (1, Label(0, 5, "crying")), (2, Label(0, 5, "crying")), (2, Label(10, 15, "quiet")),
        (3, Label(0, 5, "crying")), (8, Label(0, 6, "crying")),
        files=9,
    )  # fmt: skip
    groups = [(one.label, one.group) for one in labelled_slices(files)]
    assert groups == [
        ("crying", "night-1"), ("crying", "night-1"), ("quiet", "night-2"),
        ("crying", "night-3"), ("crying", "night-8"),
    ]  # fmt: skip


def test_the_same_sound_twice_is_refused() -> None:
    files = [*night(files=2), recorded("copy", 30, session="a", begin_seconds=30)]
    with pytest.raises(SliceError, match=r"night-1 and copy hold the same sound"):
        runs(files)


def test_a_recording_that_is_called_like_a_clip_is_refused() -> None:
    with pytest.raises(SliceError, match="rename the recording"):
        named(labelled_slices([recorded("a_nohash_1", 10, Label(0, 10, "crying"))]))


def test_the_rest_keeps_a_minute_from_what_was_labelled_through_all_files() -> None:
    files = night((3, Label(10, 30, "crying")), (4, Label(0, 5, "crying")))
    begins = [files[one.place].begin_seconds + one.first_sample / RATE for one in rest_slices(files, "quiet")]
    # The crying is from 100 s to 125 s of the session.
    assert begins == [0, 5, 10, 15, 20, 25, 30, 35, *range(185, 206, 5), *range(210, 240, 5)]


def test_the_rest_keeps_no_distance_from_its_own_label_and_a_later_cry_still_does() -> None:
    one = recorded("a", 300, Label(100, 110, "quiet"), Label(150, 160, "crying"))
    begins = [slice_.first_sample / RATE for slice_ in rest_slices([one], "quiet")]
    assert begins[:18] == [*range(0, 90, 5)]
    assert min(begins[18:]) == 220


def test_the_rest_keeps_a_minute_across_a_gap_and_a_new_session() -> None:
    def at(stem: str, session: str, begin: float, clock: float, *labels: Label) -> Recorded:
        one = recorded(stem, 60, *labels, session=session, begin_seconds=begin)
        return replace(one, begins_at_seconds=clock)

    files = [
        at("a", "one", 0, 1000, Label(40, 60, "crying")),
        at("b", "one", 61, 1061),  # a second is missing
        at("c", "two", 0, 1130),  # the recorder began anew
    ]
    found = [(files[one.place].stem, one.first_sample / RATE) for one in rest_slices(files, "quiet")]
    # The crying ends at 1060 by the clock.
    assert found == [("c", float(second)) for second in range(0, 60, 5)]


def test_a_whole_night_of_rest_is_many_recordings() -> None:
    files = night(files=60)  # half an hour
    groups = {one.group for one in rest_slices(files, "quiet")}
    assert groups == {"night-0", "night-20", "night-40"}


def test_a_part_of_the_rest_is_taken_from_all_over_the_night() -> None:
    slices = rest_slices(night(files=20), "quiet")
    taken = evenly(slices, 10)
    assert len(taken) == 10
    assert [one.place for one in taken] == list(range(1, 20, 2))
    assert evenly(slices, 1000) == slices


def test_quiet_is_what_is_near_the_rooms_own_level() -> None:
    levels = [-60.0] * 10 + [-55.0, -53.0, -30.0, SILENCE_DBFS]
    assert quiet_among(levels) == list(range(11))
    assert quiet_among([SILENCE_DBFS]) == []
    assert quiet_among([]) == []
