from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.journal.recordings.file_names import parse_recorded_path, recorded_path, session_label
from tears.kit.registry.mic_names import is_folder_name

MICS = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,254}", fullmatch=True)
SAMPLES = st.integers(0, 2**64 - 1)


@given(MICS, st.text(min_size=1), SAMPLES, SAMPLES, st.floats(allow_nan=False))
def test_a_name_says_what_is_in_the_file_even_with_a_wrong_clock(
    mic: str, session: str, first: int, end: int, begins_at_seconds: float
) -> None:
    path = recorded_path(
        mic=mic, session=session, first_sample=first, end_sample=end, begins_at_seconds=begins_at_seconds
    )
    name = parse_recorded_path(path)
    assert name is not None
    assert (name.mic, name.session_label) == (mic, session_label(session))
    assert (name.first_sample, name.end_sample) == (first, end)
    assert len(path.parts) == 3
    # The limit of most file systems, with the suffix of an unfinished file.
    assert all(len(part.encode()) + len(".part") <= 260 - 5 * (part == mic) for part in path.parts)
    assert len(path.name) + len(".part") <= 255


def test_a_name_looks_as_the_docs_show_it() -> None:
    path = recorded_path(
        mic="nursery",
        session="5f3a09c1d2e4",
        first_sample=1_440_000,
        end_sample=2_880_000,
        begins_at_seconds=1_700_000_000.9,
    )
    assert str(path) == ("nursery/2023-11-14/nursery-20231114T221320Z-5f3a09c1d2e4-000001440000-000002880000.flac")


def test_names_of_one_session_sort_by_their_samples() -> None:
    paths = [
        recorded_path(mic="a", session="s", first_sample=at, end_sample=at + 1, begins_at_seconds=7.0)
        for at in (5, 90, 1_000, 47_999_999)
    ]
    assert paths == sorted(paths)


@pytest.mark.parametrize("mic", ["", ".", "..", ".hidden", "a/b", "/", "a\n", "ü", "a" * 256, "a\0b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(mic: str) -> None:
    assert not is_folder_name(mic)


@pytest.mark.parametrize("mic", ["nursery", "a", "Room_2.left-side", "-x", "a" * 255])
def test_a_name_that_a_recorder_accepts_is_accepted(mic: str) -> None:
    assert is_folder_name(mic)


@pytest.mark.parametrize("session", ["s/1", "..", "", "a-b", "ü", "x" * 65])
def test_a_session_with_unusual_characters_has_a_label_of_plain_ones(session: str) -> None:
    label = session_label(session)
    assert label.isalnum()
    assert label != session
    assert label == session_label(session)


@pytest.mark.parametrize(
    "path",
    [
        "nursery/2023-11-14/cry.flac",
        "nursery/2023-11-14/nursery-20231114T221320Z-5f3a-000001440000-000002880000.wav",
        "nursery/2023-11-14/nursery-20231114T221320Z-5f3a-000001440000-000002880000.flac.part",
        "kitchen/2023-11-14/nursery-20231114T221320Z-5f3a-000001440000-000002880000.flac",
        "nursery/good ones/nursery-20231114T221320Z-5f3a-000001440000-000002880000.flac",
        "2023-11-14/nursery-20231114T221320Z-5f3a-000001440000-000002880000.flac",
        "nursery-20231114T221320Z-5f3a-000001440000-000002880000.flac",
    ],
)
def test_another_file_does_not_count_as_a_recording(path: str) -> None:
    assert parse_recorded_path(PurePosixPath(path)) is None
