"""The clips that are cut from labels, and their names."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sound.labelled_night import NIGHT_FILE_RATE_HZ, recorded, recorded_night

from tears.own_data.clips.clip_names import named_slices
from tears.own_data.clips.labelled_slices import contiguous_runs, labelled_slices
from tears.own_data.clips.splits import which_split
from tears.own_data.errors import SliceError
from tears.own_data.labels.label_track import Label


def sample(seconds: float) -> int:
    return math.floor(seconds * NIGHT_FILE_RATE_HZ + 0.5)


@given(
    st.floats(6, 100).map(lambda value: round(value, 3)),
    st.floats(0, 90).map(lambda value: round(value, 6)),
    st.floats(0.1, 90).map(lambda value: round(value, 6)),
)
def test_every_clip_lies_wholly_inside_its_label_and_its_recording(seconds: float, begin: float, length: float) -> None:
    one = recorded("a", seconds, Label(begin, begin + length, "crying"))
    firsts = [slice_.first_sample for slice_ in labelled_slices([one])]
    end = min(begin + length, seconds)
    assert all(first >= sample(begin) and first + 5 * NIGHT_FILE_RATE_HZ <= sample(end) for first in firsts)
    assert all(second - first == 5 * NIGHT_FILE_RATE_HZ for first, second in itertools.pairwise(firsts))
    # As many as fit, to the sample.
    assert len(firsts) == max(0, sample(end) - sample(begin)) // (5 * NIGHT_FILE_RATE_HZ)


def test_all_clips_of_a_recording_are_numbered_whatever_their_labels() -> None:
    one = recorded("phone", 40, Label(0, 12, "quiet"), Label(20, 36, "crying"))
    assert [
        (clip.slice.label, clip.slice.first_sample / NIGHT_FILE_RATE_HZ, clip.name)
        for clip in named_slices(labelled_slices([one]))
    ] == [
        ("quiet", 0, "phone_nohash_0.wav"),
        ("quiet", 5, "phone_nohash_1.wav"),
        ("crying", 20, "phone_nohash_2.wav"),
        ("crying", 25, "phone_nohash_3.wav"),
        ("crying", 30, "phone_nohash_4.wav"),
    ]


def test_an_episode_in_several_files_is_one_group_and_in_one_split() -> None:
    files = recorded_night(
        (1, Label(12, 30, "crying")), (2, Label(0, 30, "crying")), (3, Label(0, 7, "crying")),
        (3, Label(20, 30, "crying")), (4, Label(0, 6, "crying")),
    )  # fmt: skip
    clips = named_slices(labelled_slices(list(reversed(files))))
    # The episode was labelled in two parts, with a pause between.
    assert [clip.slice.group for clip in clips] == ["night-1"] * 13
    assert [clip.name for clip in clips[:11:5]] == [
        "night-1_nohash_0.wav", "night-1_nohash_5.wav", "night-1_nohash_10.wav",
    ]  # fmt: skip
    assert len({clip.name for clip in clips}) == 13
    assert len({which_split(clip.name, 30, 30) for clip in clips}) == 1


def test_a_gap_in_the_session_ends_a_run_but_not_an_episode() -> None:
    files = recorded_night((1, Label(0, 30, "crying")), (2, Label(0, 30, "crying")))
    files[2] = recorded("night-2", 30, Label(0, 30, "crying"), session="a", begin_seconds=60.5)
    assert {one.group for one in labelled_slices(files[:3])} == {"night-1"}
    assert [len(run) for run in contiguous_runs(files[:3])] == [2, 1]


def test_labels_that_are_far_apart_or_of_another_name_are_groups_of_their_own() -> None:
    files = recorded_night(
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
    files = [*recorded_night(files=2), recorded("copy", 30, session="a", begin_seconds=30)]
    with pytest.raises(SliceError, match=r"night-1 and copy hold the same sound"):
        contiguous_runs(files)


def test_a_recording_with_the_name_of_a_clip_is_refused() -> None:
    with pytest.raises(SliceError, match="rename the recording"):
        named_slices(labelled_slices([recorded("a_nohash_1", 10, Label(0, 10, "crying"))]))
