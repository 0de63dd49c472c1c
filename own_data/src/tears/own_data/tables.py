"""Read tables as people have them: from a spreadsheet, with a byte order mark, semicolons or tabs, or short rows."""

import codecs
import csv
import io
from collections.abc import Collection
from pathlib import Path
from typing import Final

from tears.own_data.errors import TableError

_SEPARATORS: Final = (",", ";", "\t", "|")
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_table(path: Path, wanted: Collection[str], *, keeps_bytes: bool = False) -> list[dict[str, str]]:
    """Return the rows of a table with a header, by its columns; empty lines are left out.

    The separator is a comma, a semicolon, a tab or a bar: the first one with which the header has the wanted columns.

    Args:
        path: The file: UTF-8, or UTF-16 with a byte order mark.
        wanted: The columns that every row must have something in.
        keeps_bytes: Whether bytes that are not UTF-8 are kept, as Python keeps them in paths.

    Raises:
        FileNotFoundError: There is no such file.
        TableError: It cannot be read, lacks a wanted column, or a row does not fit the header.
    """
    lines, separator = table_lines(path, wanted, keeps_bytes=keeps_bytes)
    reader = csv.reader(lines, delimiter=separator)
    try:
        header = [name.strip() for name in next(reader, [])]
        if missing := [name for name in wanted if name not in header]:
            raise TableError(f"{path} lacks the column {', '.join(sorted(missing))}")
        return [
            _row(header, cells, wanted, f"{path}, line {reader.line_num}")
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as error:
        raise TableError(f"{path}, line {reader.line_num}, cannot be read as CSV: {error}") from error


def table_lines(path: Path, wanted: Collection[str], *, keeps_bytes: bool = False) -> tuple[list[str], str]:
    """Return the lines of a table with a header, and its separator; raises as `read_table` does about the file."""
    # Unlike `str.splitlines`, this leaves the line separators of Unicode inside a cell.
    lines = list(io.StringIO(read_text(path, keeps_bytes=keeps_bytes), newline=""))
    return lines, _separator(lines[0] if lines else "", wanted)


def _row(header: list[str], cells: list[str], wanted: Collection[str], where: str) -> dict[str, str]:
    surplus = [cell for cell in cells[len(header) :] if cell.strip()]
    if surplus:
        raise TableError(
            f"{where}: {len(cells)} cells under {len(header)} columns; put a cell that holds the separator in quotes"
        )
    row = dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))
    empty = [name for name in wanted if not row[name].strip()]
    if empty:
        raise TableError(
            f"{where}: there is nothing in the column {', '.join(sorted(empty))}; fill it in, or delete the row"
        )
    return row


def _separator(header: str, wanted: Collection[str]) -> str:
    def names(separator: str) -> set[str]:
        return {name.strip() for name in next(csv.reader([header], delimiter=separator), [])}

    return max(_SEPARATORS, key=lambda separator: len(names(separator) & set(wanted)))


def read_text(path: Path, *, keeps_bytes: bool = False) -> str:
    """Return the content of a text file: UTF-8, or UTF-16 with a byte order mark, which is left out.

    Raises:
        FileNotFoundError: There is no such file.
        TableError: It cannot be read, or is not in one of these encodings.
    """
    try:
        content = path.read_bytes()
        encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
        return content.decode(encoding, "surrogateescape" if keeps_bytes else "strict")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror}; let this user read it") from error
    except UnicodeDecodeError as error:
        raise TableError(
            f"{path} cannot be read, because it is not UTF-8; save it as UTF-8 (a table: as CSV)"
        ) from error
