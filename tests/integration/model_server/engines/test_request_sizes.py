"""The largest possible requests, from the files of real models."""

import os
from pathlib import Path

import pytest

from tears.model_server.catalog.model_config import config_of_one
from tears.model_server.engines.request_sizes import BATCH_ROOM, tflite_request_bytes
from tears.model_server.memory_limits import MIB
from tears.model_server.message_limit import LEAST_MESSAGE_BYTES, largest_message_bytes, warn_about_large_requests


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("cry", BATCH_ROOM * 110_250 * 4),
        ("cry_int16", BATCH_ROOM * 110_250 * 10),
        ("half_plus_two", None),  # a batch of any size
        ("bare", None),  # no table of signatures: every shape is tried
        ("examples", None),  # a SavedModel only
    ],
)
def test_fixed_inputs_bound_a_request(zoo: Path, model: str, expected: int | None) -> None:
    assert tflite_request_bytes(zoo / model / "1") == expected


def test_a_damaged_or_endless_file_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    for content in (b"", b"TFL3", b"\xff" * 100):
        path.write_bytes(content)
        assert tflite_request_bytes(tmp_path) is None
    path.unlink()
    os.mkfifo(path)
    assert tflite_request_bytes(tmp_path) is None


def test_a_message_may_be_as_large_as_the_largest_model_needs(zoo: Path, tmp_path: Path) -> None:
    assert largest_message_bytes(config_of_one("cry", zoo / "cry"), 64 * MIB) == LEAST_MESSAGE_BYTES
    assert largest_message_bytes(config_of_one("cry", zoo / "cry_int16"), 64 * MIB) == BATCH_ROOM * 110_250 * 10
    assert largest_message_bytes(config_of_one("half", zoo / "half_plus_two"), 64 * MIB) == 64 * MIB
    assert largest_message_bytes(config_of_one("none", tmp_path), 64 * MIB) == 64 * MIB


def test_a_version_that_needs_larger_messages_is_reported(zoo: Path, caplog: pytest.LogCaptureFixture) -> None:
    load = warn_about_large_requests(lambda _: object(), LEAST_MESSAGE_BYTES)  # type: ignore[arg-type,return-value]
    load(zoo / "cry" / "1")
    assert not caplog.text
    load(zoo / "cry_int16" / "1")
    assert "grpc.max_receive_message_length=8820000" in caplog.text
