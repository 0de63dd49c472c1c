"""Label tracks: reading them, refusing wrong ones, writing them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.own_data.errors import LabelError
from tears.own_data.labels.label_track import Label, format_labels, labels_path, parse_labels, with_label

WHERE = "night.flac.labels.txt"


def test_the_labels_of_a_recording_lie_beside_it() -> None:
    assert labels_path(Path("a/night.flac")) == Path("a/night.flac.labels.txt")


def test_an_export_of_audacity_is_read() -> None:
    text = "12.500000\t20.000000\tcrying\r\n\\\t300.0\t4000.0\r\n0.000000\t3.250000\tquiet\r\n"
    assert parse_labels(text, WHERE) == (Label(0, 3.25, "quiet"), Label(12.5, 20, "crying"))


def test_a_decimal_comma_and_a_byte_order_mark_are_read() -> None:
    assert parse_labels("\ufeff0,5\t1,5\tcrying\n\n", WHERE) == (Label(0.5, 1.5, "crying"),)


@given(
    st.lists(st.integers(0, 40_000_000_000), min_size=2, max_size=20, unique=True).map(sorted),
    st.sampled_from(["crying", "quiet", "dog", "tv"]),
)
def test_labels_are_read_as_they_were_written(borders: list[int], name: str) -> None:
    labels = tuple(Label(begin / 1e6, end / 1e6, name) for begin, end in zip(borders[::2], borders[1::2], strict=False))
    assert parse_labels(format_labels(labels), WHERE) == labels


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1.0 2.0 crying", "tabs between"),
        ("1.0\t2.0\t", "tabs between"),
        ("one\t2.0\tcrying", "numbers of seconds"),
        ("2.0\t2.0\tcrying", "not a part of a recording"),
        ("3.0\t2.0\tcrying", "not a part of a recording"),
        ("-1.0\t2.0\tcrying", "not a part of a recording"),
        ("nan\t2.0\tcrying", "not a part of a recording"),
        ("1.0\t2.0\tcryng", "did you mean 'crying'"),
        ("1.0\t2.0\t../etc", "becomes a folder"),
    ],
)
def test_a_wrong_line_is_named_with_its_cure(line: str, says: str) -> None:
    with pytest.raises(LabelError, match=says) as caught:
        parse_labels(f"0.0\t0.5\tquiet\n{line}\n", WHERE)
    assert f"{WHERE}, line 2" in str(caught.value)


def test_labels_that_overlap_or_contradict_each_other_are_refused() -> None:
    with pytest.raises(LabelError, match=r"crying 0:00.0-0:10.0 and quiet 0:09.0-0:12.0 contradict each other"):
        parse_labels("0\t10\tcrying\n9\t12\tquiet\n", WHERE)
    with pytest.raises(LabelError, match="overlap; merge them"):
        parse_labels("0\t10\tcrying\n9\t12\tcrying\n", WHERE)


def test_labels_may_touch() -> None:
    assert len(parse_labels("0\t10\tcrying\n10\t12\tquiet\n", WHERE)) == 2


def test_a_new_label_takes_its_place_in_time() -> None:
    old = (Label(10, 20, "crying"),)
    assert with_label(old, Label(0, 10, "quiet"), WHERE, replacing=False) == (Label(0, 10, "quiet"), *old)


def test_a_new_label_over_an_old_one_is_refused_with_both_cures() -> None:
    with pytest.raises(LabelError, match=r"contradict.*--replace"):
        with_label((Label(10, 20, "crying"),), Label(15, 25, "quiet"), WHERE, replacing=False)
    with pytest.raises(LabelError, match=r"overlap.*--replace"):
        with_label((Label(10, 20, "crying"),), Label(15, 25, "crying"), WHERE, replacing=False)


def test_replacing_cuts_the_old_label_where_the_new_one_is() -> None:
    old = (Label(0, 30, "crying"), Label(30, 40, "quiet"))
    assert with_label(old, Label(10, 35, "noise"), WHERE, replacing=True) == (
        Label(0, 10, "crying"),
        Label(10, 35, "noise"),
        Label(35, 40, "quiet"),
    )
    assert with_label(old, Label(10, 20, "quiet"), WHERE, replacing=True)[2] == Label(20, 30, "crying")
