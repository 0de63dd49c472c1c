"""A disk's refusal is shown with its reason and its cure."""

import errno
import os
from pathlib import Path

import pytest

from tears.kit.files import cannot_write, naming_file, reason_and_cure


def test_a_refusal_has_a_reason_and_a_cure() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "night.flac")
    assert reason_and_cure(full) == "No space left on device; free space there"
    assert cannot_write(full) == "cannot write night.flac: No space left on device; free space there"


def test_the_cure_of_the_caller_replaces_the_general_one() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert reason_and_cure(full, {errno.ENOSPC: "keep fewer days"}) == "No space left on device; keep fewer days"
    assert reason_and_cure(full, {errno.EIO: "keep fewer days"}) == "No space left on device; free space there"


def test_an_error_without_a_known_cure_is_shown_as_it_is() -> None:
    assert reason_and_cure(OSError(errno.EMFILE, os.strerror(errno.EMFILE))) == "Too many open files"
    assert reason_and_cure(OSError("strange")) == "strange"


def test_an_error_without_a_number_is_not_replaced() -> None:
    strange = OSError("strange")
    with pytest.raises(OSError, match="strange") as caught, naming_file(Path("a.txt")):
        raise strange
    assert caught.value is strange
