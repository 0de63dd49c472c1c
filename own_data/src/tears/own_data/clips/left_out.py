"""Say how many files of a folder are left out because they are of another kind. Pure."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# The command and trainers write these themselves.
_OUR_OWN: Final = (".labels.txt", ".part")
_OUR_NAMES: Final = ("slices.csv",)
# The rest is counted together.
_NAMED_KINDS: Final = 3


def left_out_words(paths: Sequence[Path]) -> str:
    """Return "3 files of other kinds are left out (2 .m4a, 1 .txt)"; empty if there are none.

    Hidden files, and those that belong to Tears, do not count.
    """
    counts = Counter(
        path.suffix.lower() or "without a suffix"
        for path in paths
        if not path.name.startswith(".") and not path.name.endswith(_OUR_OWN) and path.name not in _OUR_NAMES
    )
    if not counts:
        return ""
    kinds = [f"{count} {suffix}" for suffix, count in counts.most_common(_NAMED_KINDS)]
    if rest := counts.total() - sum(count for _, count in counts.most_common(_NAMED_KINDS)):
        kinds.append(f"{rest} more")
    are = "file of another kind is" if counts.total() == 1 else "files of other kinds are"
    return f"{counts.total()} {are} left out ({', '.join(kinds)})"
