"""The process gives memory back to the system, and works as before."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import ClassVar, Final

import pytest

from tears.kit.clock import ManualClock
from tears.kit.memory import heap, library_pages
from tears.kit.memory.library_pages import _unchanged_code
from tears.kit.service import Service
from tears.kit.settings import ServiceSettings

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
from tears.kit.memory import heap, library_pages

def resident_kib():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0])

before = resident_kib()
library_pages.release_library_pages()
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
from tears.kit.memory import heap, library_pages

class Ring:
    pass

heap.exclude_imports_from_collection()
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


REUSES_BUFFERS: Final = """
import resource, sys, threading
from tears.kit.memory import heap

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "shared":
    heap.share_one_heap()

def handle_windows(count):
    for _ in range(count):
        body = bytearray(220_000)
        floats = bytearray(440_000)
        request = bytearray(440_000)
        del body, floats, request

handle_windows(10)
before = faults()
worker = threading.Thread(target=handle_windows, args=[100])
worker.start()
worker.join()
print(faults() - before)
"""


def faults_of_a_hundred_windows(heap: str, variables: Mapping[str, str] | None = None) -> int:
    # A limit from outside would switch off what glibc adapts by itself.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    environ.update(variables or {})
    command = [sys.executable, "-c", REUSES_BUFFERS, heap]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, env=environ).stdout)


def test_the_buffers_of_a_window_are_not_mapped_again_for_each() -> None:
    assert faults_of_a_hundred_windows("shared") < 1_000 < faults_of_a_hundred_windows("ordinary")


def test_a_program_that_is_not_ours_keeps_its_buffers_by_its_environment() -> None:
    assert faults_of_a_hundred_windows("ordinary", heap.shared_heap_variables()) < 1_000


class QuietSettings(ServiceSettings, frozen=True, kw_only=True):
    """The settings of a service that does nothing."""

    prefix: ClassVar[str] = "QUIET"


def test_a_service_releases_what_only_its_start_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr("tears.kit.service.set_up_logs", lambda *_: None)
    monkeypatch.setattr("tears.kit.service.stop_on_signals", lambda _: None)
    monkeypatch.setattr(heap, "release_free_memory", lambda: None)
    monkeypatch.setattr(library_pages, "release_library_pages", released.set)
    service = Service("quiet", QuietSettings(probe_port=0))
    service.clock = ManualClock()  # type: ignore[assignment]
    with service:
        assert released.wait(30.0)
