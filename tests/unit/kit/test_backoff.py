import random

import pytest

from tears.kit.backoff import FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS, Backoff


class NoJitter(random.Random):
    """Return the whole step, always."""

    def uniform(self, a: float, b: float) -> float:
        del a
        return b


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(NoJitter())
    assert [backoff.next_seconds() for _ in range(8)] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


def test_after_a_success_the_waits_start_again() -> None:
    backoff = Backoff(NoJitter())
    for _ in range(5):
        backoff.next_seconds()
    backoff.reset()
    assert backoff.next_seconds() == FIRST_BACKOFF_SECONDS


def test_jitter_shortens_a_wait_by_up_to_half() -> None:
    waits = [Backoff(random.Random(seed)).next_seconds() for seed in range(100)]
    assert FIRST_BACKOFF_SECONDS / 2 <= min(waits) < max(waits) <= FIRST_BACKOFF_SECONDS
    assert len(set(waits)) > 90


def test_it_never_overflows() -> None:
    backoff = Backoff()
    for _ in range(10_000):
        assert 0 < backoff.next_seconds() <= LONGEST_BACKOFF_SECONDS
