"""The process gives memory back to the system, and works as before."""

import subprocess
import sys
from typing import Final

from tears.model_server.memory import _unchanged_code

SMAPS: Final = """\
55d0c0a00000-55d0c0a01000 r-xp 00000000 fd:00 1234                       /usr/bin/python3.11
Rss:                   4 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
55d0c0a02000-55d0c0a03000 r--p 00003000 fd:00 1234                       /usr/lib/constants.so
Anonymous:             0 kB
Swap:                  0 kB
55d0c0a03000-55d0c0a04000 r-xp 00003000 fd:00 1234                       /usr/lib/relocated.so
Anonymous:             4 kB
Swap:                  0 kB
55d0c0a04000-55d0c0a05000 r-xp 00003000 fd:00 1234                       /usr/lib/swapped.out.so
Anonymous:             0 kB
Swap:                  4 kB
55d0c0a05000-55d0c0a06000 rwxp 00004000 fd:00 1234                       /usr/lib/data.so
Anonymous:             0 kB
Swap:                  0 kB
55d0c0a06000-55d0c0a07000 r-xs 00000000 fd:00 99                         /srv/shared.so
Anonymous:             0 kB
Swap:                  0 kB
55d0c0a07000-55d0c0a08000 r-xp 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
7ffd6f1f0000-7ffd6f1f2000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
Swap:                  0 kB
7f0000000000-7f0000001000 r-xp 00000000 fd:00 77                         /opt/a folder/lib.so
Anonymous:             0 kB
Swap:                  0 kB
7f0000001000-7f0000002000 r-xp 00000000 fd:00 78                         /usr/lib/libreplaced.so.1.2 (deleted)
Anonymous:             0 kB
Swap:                  0 kB
7f0000002000-7f0000003000 r-xp 00000000 fd:00 79                         /models/cry/1/closed.soon
Anonymous:             0 kB
Swap:                  0 kB
"""

# Runs in a process of its own, so that the test process keeps its pages.
RELEASES_PAGES: Final = """
from pathlib import Path
import hashlib, json, ssl, grpc, numpy as np
from tears.model_server import memory

def resident_kib():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])

before = resident_kib()
memory.release_library_pages()
after = resident_kib()
assert np.linalg.norm(np.eye(3) @ np.full((3, 3), 2.0)) == 6.0
assert json.loads(json.dumps({"a": [1.5]})) == {"a": [1.5]}
assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")
grpc.insecure_channel("localhost:1").close()
ssl.create_default_context()
print(before, after)
"""


def test_only_unchanged_code_of_libraries_is_released() -> None:
    assert _unchanged_code(SMAPS) == [(0x7F0000000000, 0x7F0000001000), (0x7F0000001000, 0x7F0000002000)]


def test_a_process_is_smaller_after_releasing_pages_and_works_as_before() -> None:
    done = subprocess.run([sys.executable, "-c", RELEASES_PAGES], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())

    assert after < before - 5 * 1024


EXCLUDES_IMPORTS: Final = """
import gc, weakref
import grpc
from tears.model_server import memory

class Ring:
    pass

memory.exclude_imports_from_collection()
ring = Ring()
ring.itself, seen = ring, weakref.ref(ring)
del ring
gc.collect()
assert seen() is None
print(len(gc.get_objects()), gc.get_freeze_count())
"""


def test_the_garbage_collector_skips_imports_and_collects_later_objects() -> None:
    done = subprocess.run([sys.executable, "-c", EXCLUDES_IMPORTS], capture_output=True, text=True, check=True)
    looked_through, passed_over = map(int, done.stdout.split())
    assert looked_through < 1_000 < passed_over
