"""What a parent asks of the alerter on the page, and its answers in the page's language."""

import enum
import logging
from typing import Final

import msgspec
import redis

from tears.journal.web.words.page_words import PageWords
from tears.kit.commands.answer import CommandOutcome
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind
from tears.kit.redis_client import why
from tears.kit.registry.mic_names import room_of_mic

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


class WishAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a wish, in words for the parent."""

    outcome: WishOutcome
    words: str


_OUTCOMES: Final = {
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
    outcome = _OUTCOMES.get(answer.outcome, WishOutcome.FAILED)
    if not outcome.is_good:
        logger.warning("the alerter refuses %s for %s: %s", wish, mic, answer.words)
    return outcome


def answer_words(mic: str, wish: RoomWish, outcome: WishOutcome, words: PageWords) -> str:
    """Say what became of a wish."""
    room = room_of_mic(mic)
    if outcome.is_good:
        done = {
            RoomWish.ACKNOWLEDGE: words.say(
                "{room}: nobody is reminded again, because you are looking after it.", room=room
            ),
            RoomWish.SNOOZE: words.say("{room} is snoozed.", room=room),
            RoomWish.HOLD: words.say("{room} is on hold until it has been quiet for 20 minutes.", room=room),
            RoomWish.RESUME: words.say("{room}: crying is told again.", room=room),
        }
        if outcome is WishOutcome.NEEDLESS and wish is RoomWish.ACKNOWLEDGE:
            return words.say("{room}: there is nothing to acknowledge.", room=room)
        return done[wish]
    failed = {
        WishOutcome.UNKNOWN: words.say("{room}: the alerter does not know this room yet.", room=room),
        WishOutcome.UNANSWERED: words.say("{room}: the alerter has not answered. Is it running?", room=room),
        WishOutcome.NO_REDIS: words.say("{room}: Redis does not answer, so nothing has changed.", room=room),
    }
    return failed.get(outcome, words.say("{room}: the alerter could not do that; its log says why.", room=room))
