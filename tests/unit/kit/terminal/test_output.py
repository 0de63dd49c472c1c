"""Output for terminals that cannot show everything, or that are gone."""

import io
import os
import sys

import pytest

from tears.kit.terminal.output import outlive_terminal, print_any_character

TEXT = "K\xfcche \u2588\xb7 \u2192 5 \xd7 3 \u017e \u4e2d"


@pytest.mark.parametrize(
    ("encoding", "printed"),
    [("latin-1", "K\xfcche #\xb7 -> 5 \xd7 3 z ?"), ("ascii", "Kuche #. -> 5 x 3 z ?"), ("utf-8", TEXT)],
)
def test_characters_that_a_terminal_lacks_become_similar_ones(
    monkeypatch: pytest.MonkeyPatch, encoding: str, printed: str
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, write_through=True))
    print_any_character()
    sys.stdout.write(TEXT)
    assert raw.getvalue().decode(encoding) == printed


def test_a_file_name_that_is_not_utf_8_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="utf-8", write_through=True))
    print_any_character()
    sys.stdout.write(os.fsdecode(b"caf\xe9.wav"))
    assert raw.getvalue() == b"caf?.wav"


def test_what_nobody_can_read_any_more_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        outlive_terminal()
        sys.stdout.write("heard\n")
        assert os.read(reader, 100) == b"heard\n"
        os.close(reader)
        sys.stdout.write("not heard\n" * 100_000)
        sys.stdout.flush()
