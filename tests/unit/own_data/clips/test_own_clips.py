"""The clips of a parent that are learnt from, held out, and refused."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.sound.own_recordings import room, write_wav

from tears.own_data.clips import own_clips
from tears.own_data.clips.own_clips import OwnClip, find_own_clips, hold_out_clips, read_own_clip
from tears.own_data.errors import ClipError

RATE = 22_050


def clips(**recordings: tuple[int, int]) -> list[OwnClip]:
    """Return clips; the arguments say for each recording how many are crying, and how many quiet."""
    return [
        OwnClip(Path(f"{name}_nohash_{k}.wav"), f"{name}_nohash_{k}.wav", k < crying)
        for name, (crying, quiet) in recordings.items()
        for k in range(crying + quiet)
    ]


@given(
    st.dictionaries(
        st.text("abcdefgh0123456789", min_size=1, max_size=6),
        st.tuples(st.integers(0, 20), st.integers(0, 20)).filter(any),
        min_size=2,
        max_size=12,
    )
)
def test_no_recording_is_on_both_sides_and_each_side_has_both_labels(found: dict[str, tuple[int, int]]) -> None:
    listed = clips(**found)
    try:
        parts = hold_out_clips(listed)
    except ClipError:
        # A label has fewer than two recordings, or they cannot be separated.
        return
    assert {clip.recording for clip in parts.learnt}.isdisjoint({clip.recording for clip in parts.held_out})
    assert sorted(clip.name for clip in parts.learnt + parts.held_out) == sorted(clip.name for clip in listed)
    for side in (parts.learnt, parts.held_out):
        assert {clip.is_crying for clip in side} == {True, False}


def test_about_a_third_of_each_label_is_held_out() -> None:
    found = {f"cry{k}": (6, 0) for k in range(10)} | {f"still{k}": (0, 6) for k in range(10)}
    parts = hold_out_clips(clips(**found))
    for label in (True, False):
        assert sum(clip.is_crying == label for clip in parts.held_out) == 18


def test_an_episode_that_is_most_of_the_crying_is_learnt_from_whatever_its_hash_is() -> None:
    for k in range(20):
        found = {f"long{k}": (45, 0), f"short{k}": (6, 0), f"still{k}": (0, 30), f"calm{k}": (0, 20)}
        parts = hold_out_clips(clips(**found))
        assert {clip.recording for clip in parts.held_out} == {f"short{k}", f"calm{k}"}


def test_where_every_recording_is_too_large_the_smallest_is_held_out() -> None:
    found = {"a": (20, 0), "b": (18, 0), "c": (19, 0), "d": (0, 18), "e": (0, 3), "f": (0, 3)}
    parts = hold_out_clips(clips(**found), share=0.1)
    held = {clip.recording for clip in parts.held_out}
    assert "b" in held
    assert "d" not in held
    held = {clip.recording for clip in hold_out_clips(clips(**found), share=0.1, learnt={"b"}).held_out}
    assert "c" in held


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(any), min_size=2, max_size=8),
    st.integers(0, 2**8 - 1),
)
def test_a_recording_that_is_too_large_is_held_out_where_nothing_else_can_be(
    found: list[tuple[int, int]], learnt: int
) -> None:
    listed = clips(**{f"r{k}": counts for k, counts in enumerate(found)})
    known = {f"r{k}" for k in range(len(found)) if learnt >> k & 1}
    try:
        # Recordings of any size may be held out.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(own_clips, "MOST_HELD_OUT_TIMES", math.inf)
            hold_out_clips(listed, learnt=known)
    except ClipError:
        return
    assert {clip.is_crying for clip in hold_out_clips(listed, learnt=known).held_out} == {True, False}


def test_two_recordings_of_each_label_are_enough_whatever_their_hashes_are() -> None:
    for k in range(20):
        parts = hold_out_clips(clips(**{f"a{k}": (3, 0), f"b{k}": (3, 0), f"c{k}": (0, 3), f"d{k}": (0, 3)}))
        assert len(parts.held_out) == len(parts.learnt) == 6


def test_a_single_recording_of_a_label_is_refused_with_its_cure() -> None:
    with pytest.raises(ClipError, match=r"all clips of crying are of one recording.*add another episode or night"):
        hold_out_clips(clips(a=(20, 0), b=(0, 5), c=(0, 5)))


def test_recordings_that_a_model_has_learnt_are_not_held_out_to_measure_it_with() -> None:
    found = {f"cry{k}": (6, 0) for k in range(6)} | {f"still{k}": (0, 6) for k in range(6)}
    listed = clips(**found)
    before = {clip.recording for clip in hold_out_clips(listed).held_out}
    held = {clip.recording for clip in hold_out_clips(listed, learnt=before).held_out}
    assert held
    assert not held & before
    with pytest.raises(ClipError, match=r"has learnt from the recordings of crying.*leave --start_checkpoint out"):
        hold_out_clips(listed, learnt={name for name in found if name.startswith("cry")})


def test_only_the_names_decide_what_is_held_out() -> None:
    found = {f"r{k}": (3, 2) for k in range(9)}
    forwards, backwards = hold_out_clips(clips(**found)), hold_out_clips(list(reversed(clips(**found))))
    assert {clip.name for clip in forwards.held_out} == {clip.name for clip in backwards.held_out}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k in range(2):
        write_wav(tmp_path / "crying" / f"a{k}_nohash_0.wav", room(5, RATE, k))
        write_wav(tmp_path / "quiet" / f"b{k}_nohash_0.wav", room(5, RATE, 10 + k))
    return tmp_path


def test_crying_and_quiet_are_the_shipped_models_labels(folder: Path) -> None:
    write_wav(folder / "_background_noise_" / "fan.wav", room(9, RATE, 5))
    write_wav(folder / "silence" / "c_nohash_0.wav", room(5, RATE, 30))
    write_wav(folder / "dog" / "d_nohash_0.wav", room(5, RATE, 31))
    found = find_own_clips(folder, others=["dog"])
    assert {clip.name.split("/")[0]: clip.is_crying for clip in found} == {
        "crying": True,
        "quiet": False,
        "silence": False,
        "dog": False,
    }
    samples = read_own_clip(found[0])
    assert samples.dtype == np.int16
    assert samples.shape == (110_250,)


def test_an_unknown_label_is_refused_with_its_cure(folder: Path) -> None:
    write_wav(folder / "fussing" / "x_nohash_0.wav", room(5, RATE, 3))
    with pytest.raises(ClipError, match=r"fussing.*--other_labels=fussing"):
        find_own_clips(folder)


def test_bad_folders_and_clips_are_named_with_their_cure(folder: Path) -> None:
    with pytest.raises(ClipError, match="is not a folder"):
        find_own_clips(folder / "nowhere")
    (folder / "other").mkdir()
    with pytest.raises(ClipError, match=r"other holds no WAV"):
        find_own_clips(folder)
    (folder / "other").rmdir()
    bad = folder / "crying" / "bad_nohash_0.wav"
    write_wav(bad, room(5, 16_000, 1), 16_000)
    with pytest.raises(ClipError, match=r"bad_nohash_0\.wav has 16000 Hz"):
        find_own_clips(folder)
    write_wav(bad, np.zeros((110_250, 2), np.int16), channels=2)
    with pytest.raises(ClipError, match=r"bad_nohash_0\.wav has 2 channels"):
        find_own_clips(folder)
    write_wav(bad, np.zeros(110_250, np.int16))
    with pytest.raises(ClipError, match=r"bad_nohash_0\.wav is digital silence"):
        find_own_clips(folder)
    write_wav(bad, room(4, RATE, 1))
    with pytest.raises(ClipError, match=r"bad_nohash_0\.wav has 4\.00 s"):
        find_own_clips(folder)
    bad.write_bytes(b"RIFF")
    with pytest.raises(ClipError, match=r"bad_nohash_0\.wav cannot be read"):
        find_own_clips(folder)


def test_a_folder_without_quiet_is_refused(folder: Path) -> None:
    for path in (folder / "quiet").iterdir():
        path.unlink()
    (folder / "quiet").rmdir()
    with pytest.raises(ClipError, match="no folder quiet"):
        find_own_clips(folder)


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("00001700000-1_nohash_3@K_x00FC_che.wav", "K_x00FC_che"),
        ("00001700000-1_nohash_3@room.2.wav", "room.2"),
        ("night_nohash_7.wav", ""),
        ("a@b.wav", ""),
    ],
)
def test_a_clip_of_the_journal_names_its_room(name: str, room: str) -> None:
    clip = OwnClip(Path("crying") / name, f"crying/{name}", is_crying=True)
    assert clip.room == room
    assert "@" not in clip.recording or not room
