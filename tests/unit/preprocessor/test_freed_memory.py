"""Memory that a window has freed is used again, and not asked of the system anew."""

import platform
import subprocess
import sys

import pytest

# Three arrays as large as those of a window, many times; prints how many pages were new in all but the first turn.
_WINDOWS = """
import resource, sys
import numpy as np
from tears.preprocessor.freed_memory import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
def work():
    arrays = [np.ones(240_000) for _ in range(3)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def _new_pages(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _WINDOWS, how], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries manage freed memory in their own way")
def test_a_window_takes_its_pages_from_the_one_before_it() -> None:
    # The arrays have 1 400 pages.
    assert _new_pages("kept") < 1_400 < _new_pages("given back")
