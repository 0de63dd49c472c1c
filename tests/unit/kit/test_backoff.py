from __future__ import annotations

import random

import pytest

from tears.kit.backoff import FIRST_SECONDS, LONGEST_SECONDS, Backoff


class Longest(random.Random):
    """Without jitter: always the whole step."""

    def uniform(self, a: float, b: float) -> float:
        del a
        return b


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(Longest())
    assert [backoff.next_seconds() for _ in range(8)] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_a_success_starts_again() -> None:
    backoff = Backoff(Longest())
    for _ in range(5):
        backoff.next_seconds()
    backoff.reset()
    assert backoff.next_seconds() == FIRST_SECONDS


def test_jitter_takes_off_up_to_half() -> None:
    waits = [Backoff(random.Random(seed)).next_seconds() for seed in range(100)]
    assert FIRST_SECONDS / 2 <= min(waits) < max(waits) <= FIRST_SECONDS
    assert len(set(waits)) > 90


def test_it_can_go_on_for_ever() -> None:
    backoff = Backoff()
    for _ in range(10_000):
        assert 0 < backoff.next_seconds() <= LONGEST_SECONDS
