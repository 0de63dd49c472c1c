"""What a parent asks of the alerter on the page."""

import enum
import logging
from typing import Final

import redis

from tears.kit.commands.answer import CommandOutcome
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind
from tears.kit.redis_client import why

logger = logging.getLogger(__name__)

# The lengths that the page offers; the alerter takes any from the first to the last.
SNOOZE_MINUTES: Final = (10, 30, 60, 120, 240)


class RoomWish(enum.StrEnum):
    """What can be asked for a room."""

    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    HOLD = "hold"
    RESUME = "resume"


class WishOutcome(enum.StrEnum):
    """What became of it, as the page distinguishes it."""

    OBEYED = "obeyed"
    NEEDLESS = "needless"
    UNKNOWN = "unknown"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    NO_REDIS = "no_redis"

    @property
    def is_good(self) -> bool:
        """Whether it is as the parent wanted it."""
        return self in {WishOutcome.OBEYED, WishOutcome.NEEDLESS}


_WISH_OUTCOMES: Final = {
    CommandOutcome.OBEYED: WishOutcome.OBEYED,
    CommandOutcome.NEEDLESS: WishOutcome.NEEDLESS,
    CommandOutcome.UNKNOWN: WishOutcome.UNKNOWN,
}


def ask_for_room(client: redis.Redis, mic: str, wish: RoomWish, *, minutes: int, sender: str) -> WishOutcome:
    """Give the command and block until the alerter has answered, for 10 s at most; `minutes` is for a snooze."""
    seconds = 60.0 * minutes if wish is RoomWish.SNOOZE else 0.0
    try:
        command = give_command(client, CommandKind[wish.name], sender=sender, mic=mic, snooze_seconds=seconds)
        answer = wait_for_answer(client, command.command_id)
    except redis.RedisError as error:
        logger.warning("%s for %s cannot be given to the alerter: %s", wish, mic, why(error))
        return WishOutcome.NO_REDIS
    if answer is None:
        logger.warning("the alerter has not answered %s for %s", wish, mic)
        return WishOutcome.UNANSWERED
    outcome = _WISH_OUTCOMES.get(answer.outcome, WishOutcome.FAILED)
    if not outcome.is_good:
        logger.warning("the alerter refuses %s for %s: %s", wish, mic, answer.words)
    return outcome
