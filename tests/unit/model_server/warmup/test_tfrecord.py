"""TFRecord files and their checksums."""

import struct
from pathlib import Path

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.model_server.records import record, write_records

from tears.model_server.errors import DataLossError
from tears.model_server.warmup.tfrecord import masked_crc, read_records


def bit_by_bit(content: bytes) -> int:
    """Compute CRC-32C as its definition says, one bit after another."""
    register = 0xFFFFFFFF
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("content", "crc"),
    [  # from RFC 3720, B.4; the fifth is the usual check value of checksum catalogues
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(reversed(range(32))), 0x113FDB5C),
        (b"123456789", 0xE3069283),
        (b"", 0),
    ],
)
def test_the_checksum_is_that_of_the_standard(content: bytes, crc: int) -> None:
    assert google_crc32c.value(content) == crc


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 5000), st.randoms(use_true_random=False))
def test_the_checksum_of_any_content_is_the_one_computed_bit_by_bit(length: int, randomness: object) -> None:
    content = randomness.randbytes(length)  # type: ignore[attr-defined] # hypothesis hides that it is a Random
    assert google_crc32c.value(content) == bit_by_bit(content)


@pytest.mark.parametrize("length", [511, 512, 513, 1024, 2048, 2049])
def test_the_checksum_is_right_around_powers_of_two(length: int) -> None:
    content = bytes(i * 37 % 251 for i in range(length))
    assert google_crc32c.value(content) == bit_by_bit(content)


def test_a_record_is_what_tensorflow_writes() -> None:
    # What tf.io.TFRecordWriter writes for b"tears".
    assert record(b"tears").hex() == "0500000000000000eab2043e74656172735036dabb"


def test_records_are_read_in_order(tmp_path: Path) -> None:
    contents = [b"", b"one", bytes(100_000)]
    assert list(read_records(write_records(tmp_path / "r", contents))) == contents


def test_an_empty_file_has_no_records(tmp_path: Path) -> None:
    assert list(read_records(write_records(tmp_path / "r", []))) == []


@pytest.mark.parametrize("kept", [1, 11, 12, 14, 18])
def test_a_file_that_ends_within_a_record_is_truncated(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "r"
    path.write_bytes(record(b"first") + record(b"two")[:kept])
    records = read_records(path)
    assert next(records) == b"first"
    with pytest.raises(DataLossError, match=f"^truncated record at 21 of {path}$"):
        next(records)


@pytest.mark.parametrize("place", [0, 7, 8, 12, 14, 15, 18])
def test_a_flipped_bit_is_noticed_wherever_it_is(tmp_path: Path, place: int) -> None:
    content = bytearray(record(b"two"))
    content[place] ^= 0x10
    (tmp_path / "r").write_bytes(content)
    with pytest.raises(DataLossError, match=r"^corrupted record at 0 of "):
        list(read_records(tmp_path / "r"))


def test_a_length_beyond_the_end_of_the_file_is_a_truncated_record(tmp_path: Path) -> None:
    length = struct.pack("<Q", 2**63)
    (tmp_path / "r").write_bytes(length + struct.pack("<I", masked_crc(length)) + bytes(20))
    with pytest.raises(DataLossError, match=r"^truncated record at 0 of "):
        list(read_records(tmp_path / "r"))
