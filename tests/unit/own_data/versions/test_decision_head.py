"""The last layer of a decision: what it computes, and what cannot be one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tears.own_data.errors import HeadError
from tears.own_data.versions.decision_head import DecisionHead, read_head_file

HEAD = DecisionHead(np.array([1.0, -2.0], np.float32), 0.5, 2.0, -0.25)


def test_the_score_is_the_logistic_function_of_the_calibrated_weighted_sum() -> None:
    features = np.array([[3.0, 1.0], [0.0, 0.0]], np.float32)

    assert HEAD.logits(features).tolist() == [2 * 1.5 - 0.25, 2 * 0.5 - 0.25]
    np.testing.assert_allclose(HEAD.scores(features), 1 / (1 + np.exp([-2.75, -0.75])))


def test_a_huge_logit_gives_a_score_and_no_warning() -> None:
    assert HEAD.scores(np.array([[1e30, 0.0], [-1e30, 0.0]], np.float32)).tolist() == [1.0, 0.0]


def test_every_value_is_rounded_as_a_model_keeps_it() -> None:
    head = DecisionHead(np.array([0.1]), 0.1, 0.2, 0.3)

    assert head.weights.dtype == np.float32
    assert (head.bias, head.scale, head.offset) == tuple(np.array([0.1, 0.2, 0.3], np.float32).tolist())


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"weights": np.array([1.0, np.nan])}, "weights must be finite"),
        ({"bias": float("inf")}, "bias must be finite"),
        ({"scale": 1e39}, "scale must be finite"),
        ({"weights": np.ones((2, 1))}, r"weights must be a vector, and this has the shape \[2, 1\]"),
        ({"weights": np.ones(0)}, "weights must be a vector"),
        ({"offset": np.ones(2)}, "offset must be one number"),
        ({"weights": "many"}, "weights must be numbers"),
    ],
)
def test_what_cannot_be_a_head_is_refused_by_the_name_of_its_part(parts: dict[str, Any], complaint: str) -> None:
    with pytest.raises(HeadError, match=complaint):
        DecisionHead(**{"weights": np.ones(2, np.float32), "bias": 0.0, **parts})


def test_a_head_is_read_from_a_file_of_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "head.npz", weights=HEAD.weights, bias=HEAD.bias, scale=HEAD.scale, offset=HEAD.offset)
    read = read_head_file(tmp_path / "head.npz")

    assert np.array_equal(read.weights, HEAD.weights)
    assert (read.bias, read.scale, read.offset) == (HEAD.bias, HEAD.scale, HEAD.offset)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 broken"], ids=["empty", "text", "broken"])
def test_a_file_that_is_no_head_is_named_with_the_cure(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    path.write_bytes(content)

    with pytest.raises(HeadError, match=r"head\.npz is not a head .*write it with numpy\.savez"):
        read_head_file(path)


def test_a_file_without_one_of_the_arrays_or_with_nan_is_named(tmp_path: Path) -> None:
    path = tmp_path / "head.npz"
    np.savez(path, weights=HEAD.weights, bias=0.0, scale=1.0)
    with pytest.raises(HeadError, match="offset"):
        read_head_file(path)
    np.savez(path, weights=HEAD.weights * np.nan, bias=0.0, scale=1.0, offset=0.0)
    with pytest.raises(HeadError, match=r"head\.npz: a head's weights must be finite"):
        read_head_file(path)
