"""Names of files that are not UTF-8, as text."""

import os
from pathlib import Path

import pytest

from tears.sound_files.readable_name import readable_name


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"night.wav", "night.wav"),
        ("nächt.wav".encode(), "nächt.wav"),
        (b"n\xe4cht.wav", "nächt.wav"),
        (b"a\x80\xff", "a_ÿ"),
        ("größer/".encode() + b"n\xe4cht", "größer/nächt"),
    ],
)
def test_a_name_can_be_written_to_a_text_file(raw: bytes, text: str) -> None:
    assert readable_name(os.fsdecode(raw)) == text
    assert readable_name(Path(os.fsdecode(raw))) == text
