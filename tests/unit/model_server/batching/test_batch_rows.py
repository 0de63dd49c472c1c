"""Rows that are merged and split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tears.model_server.batching.batch_rows import added_bytes, merge_rows, row_count, split_rows
from tears.model_server.errors import FailedPreconditionError, InvalidArgumentError


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(0, 3))
def test_merged_rows_are_the_same_after_splitting(sizes: list[int], spare: int) -> None:
    requests = [{"x": np.arange(size * 2, dtype=np.float32).reshape(size, 2) + size} for size in sizes]
    total = sum(sizes) + spare
    merged = merge_rows(requests, total, pads=False)
    assert len(merged["x"]) == total
    assert added_bytes(requests, total, pads=False) == merged["x"].nbytes - sum(one["x"].nbytes for one in requests)
    parts = list(split_rows({"y": merged["x"]}, sizes, total))
    for request, part in zip(requests, parts, strict=True):
        np.testing.assert_array_equal(part["y"], request["x"])


def test_a_batch_is_filled_up_with_a_valid_row() -> None:
    merged = merge_rows([{"x": np.array([1.0])}, {"x": np.array([2.0, 3.0])}], 5, pads=False)
    assert merged["x"].tolist() == [1, 2, 3, 2, 2]


def test_a_single_request_is_not_copied() -> None:
    x = np.ones((2, 3))
    assert merge_rows([{"x": x}], 2, pads=True)["x"] is x


def test_shorter_rows_are_padded_with_their_first_element() -> None:
    short, long, strings = np.array([[7, 8]]), np.array([[1, 2, 3]]), np.array([[b"a"]], object)
    assert merge_rows([{"x": short}, {"x": long}], 2, pads=True)["x"].tolist() == [[7, 8, 7], [1, 2, 3]]
    longer = np.array([[b"b", b"c"]], object)
    assert merge_rows([{"x": strings}, {"x": longer}], 2, pads=True)["x"].tolist() == [[b"a", b"a"], [b"b", b"c"]]


def test_the_added_bytes_are_known_before_merging() -> None:
    requests = [{"x": np.ones((1, 2), np.int16)}, {"x": np.ones((2, 5), np.int16)}]
    assert added_bytes(requests, 4, pads=True) == (4 * 5 - 2 - 10) * 2
    strings = [{"x": np.array([b"a" * 50], object)}]
    assert added_bytes(strings, 3, pads=False) == 2 * (8 + 50)


def test_the_inputs_of_a_request_must_have_the_same_number_of_rows() -> None:
    assert row_count({"a": np.ones((3, 1)), "b": np.ones(3)}) == 3
    with pytest.raises(InvalidArgumentError, match="must have equal 0th-dimension size"):
        row_count({"a": np.ones(3), "b": np.ones(2)})
    with pytest.raises(InvalidArgumentError, match="must have at least one dimension"):
        row_count({"a": np.ones(3), "b": np.array(1)})


def test_an_output_without_a_row_for_each_request_cannot_be_split() -> None:
    with pytest.raises(FailedPreconditionError, match="has 0 dimensions"):
        split_rows({"y": np.array(1.0)}, [1, 1], 2)
    with pytest.raises(FailedPreconditionError, match="does not equal the sum"):
        split_rows({"y": np.ones(3)}, [1, 1], 2)
