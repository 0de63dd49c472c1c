"""Labels, and the split by hash."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.own_data.clips.splits import Split, all_labels, which_split

NAMES = st.text(
    st.characters(min_codepoint=32, exclude_categories=("C", "Z"), exclude_characters="/\\"), min_size=1, max_size=40
).filter(lambda name: name not in {".", ".."})


def published_per_cent(name: str) -> float:
    """Return the number between 0 and 100 that the documented rule of speech_commands gives a name."""
    stem = re.sub(r"_nohash_.*$", "", name)
    number = int(hashlib.sha1(stem.encode()).hexdigest(), 16)  # noqa: S324 - the published rule
    return (number % (2**27 - 1 + 1)) * (100.0 / (2**27 - 1))


def published(name: str, validation: float, testing: float) -> str:
    """Return the split by that rule."""
    per_cent = published_per_cent(name)
    if per_cent < validation:
        return "validation"
    return "testing" if per_cent < testing + validation else "training"


@given(NAMES, st.floats(0, 60), st.floats(0, 40))
def test_a_file_is_in_the_split_of_the_published_rule(stem: str, validation: float, testing: float) -> None:
    name = f"{stem}.wav"

    assert which_split(f"any/where/{name}", validation, testing) == published(name, validation, testing)


@given(NAMES)
def test_a_file_on_the_border_belongs_to_the_next_split(stem: str) -> None:
    border = published_per_cent(f"{stem}.wav")

    assert which_split(f"{stem}.wav", border, 0) == Split.TRAINING
    assert which_split(f"{stem}.wav", border, 1) == Split.TESTING


@given(NAMES, st.lists(NAMES, min_size=2, max_size=6))
def test_clips_of_one_recording_are_in_one_split(recording: str, slices: list[str]) -> None:
    splits = {which_split(f"{recording}_nohash_{k}.wav", 10, 10) for k in slices}

    assert len(splits) == 1


# Computed from the last seven digits of sha1sum, in hundredths: 5.1, 15.7, 73.2, 94.2, 35.6, 27.8 and 89.8.
@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("night.wav", "validation"),
        ("b_nohash_12.wav", "testing"),
        ("foo_nohash_0.wav", "training"),
        ("bobby_nohash_1.wav", "training"),
        ("foo.wav", "training"),
        ("crying1.wav", "training"),
        ("data/crying/baby.wav", "training"),
    ],
)
def test_known_names_are_in_known_splits(name: str, split: str) -> None:
    assert which_split(name, 10, 10) == split


def test_the_splits_have_the_shares_that_were_asked_for() -> None:
    splits = [which_split(f"recording {k}.wav", 10, 20) for k in range(5000)]

    assert splits.count(Split.VALIDATION) == pytest.approx(500, abs=60)
    assert splits.count(Split.TESTING) == pytest.approx(1000, abs=90)


def test_silence_and_unknown_come_before_the_wanted_words() -> None:
    assert all_labels(("silence", "crying")) == ("_silence_", "_unknown_", "silence", "crying")
