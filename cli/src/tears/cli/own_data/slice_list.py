"""Read and write `slices.csv`, the list of clips that `tears slice` has cut, and find the clips to replace."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from tears.cli.errors import InputError
from tears.own_data.clips.clip_names import NOHASH, group_of
from tears.own_data.errors import TableError
from tears.own_data.tables import table_lines

LIST_NAME = "slices.csv"
SLICE_COLUMNS = ("path", "label", "recording", "start_seconds", "level_dbfs", "gain_db", "clipped_share")


def read_slice_list(out: Path) -> list[dict[str, str]]:
    """Return the rows that earlier runs wrote down; none if there is no list.

    Raises:
        InputError: The file is not a list of slices.
    """
    path = out / LIST_NAME
    try:
        lines, separator = table_lines(path, SLICE_COLUMNS)
        rows = list(csv.DictReader(lines, delimiter=separator))
    except FileNotFoundError:
        return []
    except (TableError, csv.Error) as error:
        raise InputError(f"{path} cannot be read: {error}; move it away, or name another --out") from error
    if rows and set(rows[0]) - {None} != set(SLICE_COLUMNS):
        raise InputError(f"{path} is not a list of slices; move it away, or name another --out")
    for number, row in enumerate(rows, 1):
        # The csv module puts surplus cells under the key None, and None in place of a missing cell.
        if None in row or None in row.values():
            raise InputError(
                f"{path}: row {number} does not have {len(SLICE_COLUMNS)} cells; correct it, or name another --out"
            )
    return rows


def slice_list_bytes(rows: Iterable[dict[str, str]]) -> bytes:
    """Return the content of a list."""
    content = io.StringIO(newline="")
    writer = csv.DictWriter(content, SLICE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


def gain_clipped_shares(folder: Path) -> dict[str, float]:
    """Return for each clip the share of samples that the gain has clipped; empty if there is no list.

    Raises:
        InputError: The file is not a list of slices.
    """
    try:
        lines, separator = table_lines(folder / LIST_NAME, SLICE_COLUMNS)
        rows = list(csv.DictReader(lines, delimiter=separator))
        # A spreadsheet may have saved the list with decimal commas.
        return {row["path"]: float(row["clipped_share"].replace(",", ".")) for row in rows}
    except FileNotFoundError:
        return {}
    except (TableError, csv.Error, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{folder / LIST_NAME} is not a list of slices: {error!r}; move it away") from error


def older_clips(out: Path, listed: Sequence[dict[str, str]], groups: set[str], recordings: set[str]) -> list[Path]:
    """Return the clips of these groups and of these recordings that were cut before."""
    found = {path for path in out.glob(f"*/*{NOHASH}*.wav") if group_of(path.name) in groups}
    found |= {out / row["path"] for row in listed if row["recording"] in recordings}
    return sorted(path for path in found if path.is_file())


def refuse_partial_groups(out: Path, listed: Sequence[dict[str, str]], groups: set[str], recordings: set[str]) -> None:
    """Refuse to replace only some of the clips of a group: the others may be the only copy, or change their split.

    Raises:
        InputError: A clip of one of the groups was cut from a recording that is not one of `recordings`.
    """
    # Only the name of the clip counts: a parent may have put it under another label.
    cut_from = {Path(row["path"]).name: row["recording"] for row in listed}
    for path in sorted(out.glob(f"*/*{NOHASH}*.wav")):
        group, recording = group_of(path.name), cut_from.get(path.name)
        if group in groups and recording is not None and recording not in recordings:
            raise InputError(
                f"{path} was cut from {recording}, and the clips of {group} are replaced together or not at all: give "
                f"{recording} too, or name another --out"
            )
