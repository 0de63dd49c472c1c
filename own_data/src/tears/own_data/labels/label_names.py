"""Check the names of labels: some are known, and some are probably known names misspelt. Pure."""

import itertools
import re
from typing import Final

from tears.own_data.errors import LabelError

# An infant or a toddler cries. An adult's crying, a child's shrieks and laughter, and animals are other sounds.
CRYING: Final = "crying"
# What parents label beside crying. Other names may be used, unless they look like one of these misspelt.
OTHER_NAMES: Final = ("quiet", "silence", "other", "noise")
_SYNONYMS: Final = dict.fromkeys(("cry", "cries", "cried", "crieing", "scream", "screaming"), CRYING)
_NAME_PATTERN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,49}\Z")


def check_name(name: str) -> None:
    """Refuse a name that cannot be a label, or that is probably a known label misspelt.

    Raises:
        LabelError: The name cannot be that of a folder, or it is close to a known label.
    """
    if not _NAME_PATTERN.match(name):
        raise LabelError(
            f"{name!r} cannot be a label, because a label becomes a folder: use a letter first, then letters, digits, "
            "_ and -"
        )
    known = (CRYING, *OTHER_NAMES)
    if name in known:
        return
    written = name.lower()
    meant = _SYNONYMS.get(written) or next((one for one in known if _is_slip(written, one)), None)
    if meant:
        raise LabelError(f"the label {name!r} is not known; did you mean {meant!r}?")


def _is_slip(written: str, known: str) -> bool:
    """Return whether the words differ in at most one letter: missing, added, replaced, or swapped with the next one.

    The share of letters in common, which `difflib` computes, cannot decide: it is 0.83 for both criyng and drying. The
    first letter separates words from slips: adding or replacing it makes mother, bother, trying and frying.
    """
    pairs = zip(written, known, strict=False)
    same = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))
    rest, known_rest = written[same:], known[same:]
    is_missing = rest == known_rest[1:]
    is_swapped = rest == known_rest[1:2] + known_rest[:1] + known_rest[2:]
    is_added = rest[1:] == known_rest
    is_replaced = rest[1:] == known_rest[1:]
    return is_missing or is_swapped or (same > 0 and (is_added or is_replaced))
