"""Memory is released after a large request, and once more: gRPC may still have had the request's bytes."""

import pytest

from tears.kit.memory import heap
from tears.model_server.request_memory import release_after_request, release_if_due


@pytest.fixture
def releases(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    while_testing: list[None] = []
    monkeypatch.setattr(heap, "release_free_memory", lambda: while_testing.append(None))
    for _ in range(2):  # what an earlier test of this process has left to release
        release_if_due()
    while_testing.clear()
    return while_testing


def test_two_looks_after_a_large_request_release_memory(releases: list[None]) -> None:
    release_after_request(5_000_000)
    assert len(releases) == 1
    counts = []
    for _ in range(4):
        release_if_due()
        counts.append(len(releases))
    assert counts == [2, 3, 3, 3]


def test_a_small_request_releases_nothing(releases: list[None]) -> None:
    release_after_request(441_000)
    release_if_due()
    assert releases == []
