"""Tables are read as spreadsheets and editors leave them."""

import codecs
from pathlib import Path

import pytest

from tears.own_data.errors import TableError
from tears.own_data.tables import read_table

ROWS = [{"path": "a.wav", "label": "crying", "note": "x, y"}, {"path": "b.wav", "label": "quiet", "note": ""}]
WANTED = ("path", "label")


@pytest.mark.parametrize(
    "content",
    [
        b'path,label,note\na.wav,crying,"x, y"\nb.wav,quiet,\n',
        codecs.BOM_UTF8 + b'path,label,note\r\na.wav,crying,"x, y"\r\n\r\nb.wav,quiet,\r\n',
        b"path;label;note\na.wav;crying;x, y\nb.wav;quiet\n",
        b"path\tlabel\tnote\na.wav\tcrying\tx, y\nb.wav\tquiet\n",
        codecs.BOM_UTF16_LE + 'path,label,note\na.wav,crying,"x, y"\nb.wav,quiet'.encode("utf-16-le"),
        b'path, label ,note,,\na.wav,crying,"x, y",,\nb.wav,quiet,,,\n,,,,\n',
    ],
    ids=["plain", "byte order mark", "semicolons, a short row", "tabs", "UTF-16", "empty cells at the end"],
)
def test_a_table_is_read_whatever_wrote_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    rows = [{name: cell for name, cell in row.items() if name} for row in read_table(tmp_path / "list.csv", WANTED)]
    assert rows == ROWS


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_mark_in_a_cell_that_looks_like_the_end_of_a_line_stays_in_it(tmp_path: Path, mark: str, end: str) -> None:
    (tmp_path / "list.csv").write_bytes(f"path,label,note{end}a.wav,crying,x{mark}y{end}c.wav,quiet,{end}".encode())
    rows = read_table(tmp_path / "list.csv", WANTED)
    assert [(row["path"], row["note"]) for row in rows] == [("a.wav", f"x{mark}y"), ("c.wav", "")]


def test_a_cell_in_quotes_may_have_several_lines(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b'path,label,note\r\na.wav,crying,"x\r\ny"\r\nc.wav,quiet,\r\n')
    assert [row["note"] for row in read_table(tmp_path / "list.csv", WANTED)] == ["x\r\ny", ""]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "lacks the column label, path"),
        (b"path,name\na.wav,crying\n", "lacks the column label"),
        (b"path,label\na.wav,crying\nb.wav\n", "line 3: there is nothing in the column label"),
        (b"path,label\n,crying\n", "line 2: there is nothing in the column path"),
        (b"path,label\na, b.wav,crying\n", "line 2: 3 cells under 2 columns; put a cell"),
        (
            "path,label\nnächt.wav,crying\n".encode("latin-1"),
            r"is not UTF-8; save it as UTF-8 \(a table: as CSV\)",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_named_with_line_and_cure(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(TableError, match=says) as found:
        read_table(tmp_path / "list.csv", WANTED)
    assert "list.csv" in str(found.value)
