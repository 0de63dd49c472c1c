"""BatchingParameters in a text file."""

from pathlib import Path

import pytest

from tears.model_server.batching.batching_parameters import BatchingOptions, read_batching_file
from tears.model_server.errors import ConfigError

EXAMPLE = """
max_batch_size { value: 128 }
batch_timeout_micros { value: 5000 }   # 5 ms
max_enqueued_batches { value: 1000000 }
num_batch_threads { value: 8 }
thread_pool_name { value: "batches" }
allowed_batch_sizes: 16
allowed_batch_sizes: 128
pad_variable_length_inputs: true
"""


def read(tmp_path: Path, text: str) -> BatchingOptions:
    path = tmp_path / "batching.txt"
    path.write_text(text)
    return read_batching_file(path)


def test_the_file_of_tf_servings_guide_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, EXAMPLE) == BatchingOptions(
        max_batch_size=128,
        max_execution_batch_size=128,
        timeout_seconds=0.005,
        max_enqueued_batches=1_000_000,
        threads=8,
        allowed_batch_sizes=(16, 128),
        pads_variable_length=True,
    )


def test_a_missing_field_has_tf_servings_default(tmp_path: Path) -> None:
    for batching in (read(tmp_path, ""), read_batching_file(None)):
        assert (batching.max_batch_size, batching.timeout_seconds, batching.max_enqueued_batches) == (1000, 0.0, 10)
        assert batching.threads >= 1


def test_requests_may_be_larger_than_batches_if_they_are_split(tmp_path: Path) -> None:
    text = "enable_large_batch_splitting { value: true } max_execution_batch_size { value: 8 } allowed_batch_sizes: 8"
    batching = read(tmp_path, text)
    assert (batching.max_batch_size, batching.max_execution_batch_size, batching.splits_large) == (1000, 8, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_batch_size: 3", "Error parsing text-format tensorflow.serving.BatchingParameters: .*batching.txt:1:"),
        ("batch_size { value: 3 }", 'no field named "batch_size"'),
        ("max_batch_size { value: 0 }", "max_batch_size is 0; it must be at least 1"),
        ("batch_timeout_micros { value: -1 }", "batch_timeout_micros is -1"),
        ("num_batch_threads { value: 100000 }", "at most 256"),
        ("allowed_batch_sizes: 8 allowed_batch_sizes: 4", "must rise"),
        ("max_batch_size { value: 8 } allowed_batch_sizes: 4", "last entry was 4; expected 8"),
        (
            "max_batch_size {value: 8} enable_large_batch_splitting {value: true} max_execution_batch_size {value: 9}",
            "is above max_batch_size 8",
        ),
    ],
)
def test_the_error_names_a_bad_file_and_the_cause(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        read(tmp_path, text)
    assert "batching.txt" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        read_batching_file(tmp_path / "none")


def test_a_batch_is_filled_up_to_the_next_allowed_size() -> None:
    batching = BatchingOptions(allowed_batch_sizes=(4, 16))
    assert [batching.allowed_size(size) for size in (1, 4, 5, 16)] == [4, 4, 16, 16]
    assert BatchingOptions().allowed_size(7) == 7
