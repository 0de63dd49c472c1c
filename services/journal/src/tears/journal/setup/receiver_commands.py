"""What the page asks the alerter about receivers, over `tears:commands`. Every function blocks on Redis."""

import enum
import logging
from dataclasses import dataclass
from typing import Final

import redis

from tears.journal.errors import ReceiversError
from tears.kit.commands.answer import CommandOutcome
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind
from tears.kit.redis_client import why

logger = logging.getLogger(__name__)

_JOURNAL_SENDER: Final = "journal"
# A service has 30 s to answer and 10 s to take the connection.
_TEST_WAIT_SECONDS: Final = 50.0
# A page waits no longer for what it can do without.
_LOOK_WAIT_SECONDS: Final = 5.0
# Reading the file takes a moment, and the first look at Apprise some seconds on a Pi.
_CHECK_WAIT_SECONDS: Final = 25.0


class ReceiverTestOutcome(enum.StrEnum):
    """What became of the test of a receiver."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    NO_REDIS = "no_redis"


@dataclass(frozen=True, slots=True)
class ReceiverTest:
    """What became of the test of a receiver, and what the alerter says about it, in English."""

    outcome: ReceiverTestOutcome
    words: str = ""


_TEST_OUTCOMES: Final = {
    CommandOutcome.OBEYED: ReceiverTestOutcome.ACCEPTED,
    CommandOutcome.REFUSED: ReceiverTestOutcome.REFUSED,
    CommandOutcome.UNKNOWN: ReceiverTestOutcome.UNKNOWN,
}


def send_test(client: redis.Redis, receiver: str, wait_seconds: float = _TEST_WAIT_SECONDS) -> ReceiverTest:
    """Let the alerter send a test to a receiver, and wait until the service behind it has answered."""
    try:
        command = give_command(client, CommandKind.TEST_RECEIVER, sender=_JOURNAL_SENDER, receiver=receiver)
        answer = wait_for_answer(client, command.command_id, wait_seconds)
    except redis.RedisError as error:
        logger.warning("the test of %r cannot be given to the alerter: %s", receiver, why(error))
        return ReceiverTest(ReceiverTestOutcome.NO_REDIS)
    if answer is None:
        return ReceiverTest(ReceiverTestOutcome.UNANSWERED)
    return ReceiverTest(_TEST_OUTCOMES.get(answer.outcome, ReceiverTestOutcome.FAILED), answer.words)


def check_draft(client: redis.Redis, wait_seconds: float = _CHECK_WAIT_SECONDS) -> str:
    """Return what the alerter says about the draft of the receivers.

    Raises:
        ReceiversError: It cannot be used, or nobody judges it.
    """
    try:
        command = give_command(client, CommandKind.CHECK_RECEIVERS, sender=_JOURNAL_SENDER)
        answer = wait_for_answer(client, command.command_id, wait_seconds)
    except redis.RedisError as error:
        raise ReceiversError(
            "Redis does not answer, so the change cannot be checked and was not made: {reason}", reason=why(error)
        ) from error
    if answer is None:
        raise ReceiversError(
            "The alerter does not answer, so the change cannot be checked and was not made. Is it running?"
        )
    if not answer.is_good:
        raise ReceiversError("The change was not made. The alerter says: {reason}", reason=answer.words)
    return answer.words


def list_fault(client: redis.Redis, wait_seconds: float = _LOOK_WAIT_SECONDS) -> str:
    """Return why the alerter cannot use the list of receivers, in English; empty if it can, or if nobody says."""
    try:
        command = give_command(client, CommandKind.CHECK_RECEIVERS, sender=_JOURNAL_SENDER)
        answer = wait_for_answer(client, command.command_id, wait_seconds)
    except redis.RedisError:
        return ""
    return answer.words if answer is not None and answer.outcome is CommandOutcome.REFUSED else ""
