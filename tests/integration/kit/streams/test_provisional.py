"""Outputs that are right only if an entry is directly before this one are written only then."""

import pytest
import redis
from support.redis.stages import GROUP, INPUT, Echo, Stage, bodies_in, pending_in, put, wait_for_outputs

from tears.kit.streams.delivery import Delivery, Outputs, ProvisionalOutputs


class Guesser(Echo):
    """Says that each entry follows the given one; if it may not guess, says what it has looked up."""

    def __init__(self, predecessor: bytes) -> None:
        super().__init__()
        self.predecessor = predecessor
        self.confirmed: list[bytes] = []

    def handle(self, delivery: Delivery) -> Outputs:
        """Return a guess if that is allowed."""
        if not delivery.may_guess:
            return [delivery.body + b" looked up"]
        return ProvisionalOutputs(
            bodies=[delivery.body + b" guessed"],
            predecessor=self.predecessor,
            confirm=lambda: self.confirmed.append(delivery.body),
        )


def test_a_right_guess_is_written_and_confirmed(redis_url: str, redis_client: redis.Redis) -> None:
    first, _ = put(redis_client, b"1", b"2")
    redis_client.xgroup_create(INPUT, GROUP, id=first)
    handler = Guesser(first)
    with Stage(redis_url, handler):
        wait_for_outputs(redis_client, 1)
    assert bodies_in(redis_client) == [b"2 guessed"]
    assert handler.confirmed == [b"2"]
    assert pending_in(redis_client) == {}


@pytest.mark.parametrize("how", ["another entry between", "the predecessor is gone", "it is not before the entry"])
def test_a_wrong_guess_is_made_again(redis_url: str, redis_client: redis.Redis, how: str) -> None:
    first, second, third = put(redis_client, b"1", b"2", b"3")
    redis_client.xgroup_create(INPUT, GROUP, id=second)
    handler = Guesser(first if how == "another entry between" else second)
    if how == "the predecessor is gone":
        redis_client.xdel(INPUT, second)
    if how == "it is not before the entry":
        handler.predecessor = third
    with Stage(redis_url, handler):
        wait_for_outputs(redis_client, 1)
    assert bodies_in(redis_client) == [b"3 looked up"]
    assert handler.confirmed == []
    assert pending_in(redis_client) == {}
