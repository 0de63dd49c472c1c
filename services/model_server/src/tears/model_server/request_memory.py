"""Release free memory after large requests."""

import threading
from typing import Final

from tears.kit.memory import heap

# Above this a request leaves more free memory behind than it costs to release it: gRPC reads it in pieces that lie all
# over the heap.
_LARGE_REQUEST_BYTES: Final = 4 * 1024 * 1024
_release_is_due: Final = threading.Event()
# gRPC may still hold a request's bytes at the first call after it, so the second call releases memory too.
_second_release_is_due: Final = threading.Event()


def release_after_request(request_bytes: int) -> None:
    """Release free memory if the request was a large one.

    gRPC still holds the request's bytes at this moment, so `release_if_due` must run later to release those.
    """
    if request_bytes > _LARGE_REQUEST_BYTES:
        heap.release_free_memory()
        _release_is_due.set()


def release_if_due() -> None:
    """Release free memory in each of the first two calls after a large request."""
    if _release_is_due.is_set():
        _release_is_due.clear()
        _second_release_is_due.set()
    elif _second_release_is_due.is_set():
        _second_release_is_due.clear()
    else:
        return
    heap.release_free_memory()
