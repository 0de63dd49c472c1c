"""Try the receivers: send one notice of each kind that a receiver gets, and say what became of it."""

import time
import uuid
from collections.abc import Iterator

from tears.alerter.errors import NotifyError, UnansweredError
from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import Fact, Notice
from tears.alerter.notices.receivers import AppriseReceiver
from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.rules.receiver_rule import ReceiverRule

# The notices are about this room, so that nobody takes them for real ones.
TRIAL_ROOM = "Test"


def trial_lines(receivers: ReceiverSet, only: str = "") -> Iterator[tuple[str, bool]]:
    """Send the notices of a trial to all receivers, or to one, and yield a line for each and whether it was accepted.

    Raises:
        NotifyError: There is no receiver of this name.
    """
    rules = [rule for rule in receivers.rules.receivers if not only or rule.name == only]
    if not rules:
        names = ", ".join(rule.name for rule in receivers.rules.receivers)
        raise NotifyError(f"there is no receiver {only!r}; the receivers are {names}")
    for rule in rules:
        for service in receivers.services[rule.name]:
            for kind in kinds_of(rule):
                result = trial_result(service, trial_notice(kind, time.time()))
                yield f"{service.description}: {kind.value} {result or 'was accepted'}", not result


def kinds_of(rule: ReceiverRule) -> list[NoticeKind]:
    """Return the kinds that a receiver gets, with repeats and tests."""
    gets = {*rule.kinds, NoticeKind.TEST, *((NoticeKind.STILL_CRYING,) if rule.repeat_seconds else ())}
    return [kind for kind in NoticeKind if kind in gets]


def trial_notice(kind: NoticeKind, wall_seconds: float) -> Notice:
    """Return a notice of this kind about a room of which everybody sees that it is none."""
    facts: dict[str, Fact] = {
        "episode_id": str(uuid.uuid4()),
        "since_seconds": wall_seconds - 60.0,
        "until_seconds": wall_seconds,
        "length_seconds": 60.0,
    }
    if kind is NoticeKind.NOT_LISTENING:
        facts = {"reason": ListeningFault.SILENT.value}
    if kind is NoticeKind.NIGHT_REPORT:
        facts = {"heard_seconds": 3_600.0, "bouts": 1, "crying_seconds": 60.0, "longest_seconds": 60.0}
        facts |= {"first_seconds": wall_seconds - 60.0, "last_seconds": wall_seconds - 60.0}
    return Notice(str(uuid.uuid4()), kind, TRIAL_ROOM, facts, wall_seconds)


def trial_result(service: AppriseReceiver, notice: Notice) -> str:
    """Hand a notice over, and return what went wrong; empty if it was accepted."""
    try:
        is_taken = service.hand_over(notice)
    except UnansweredError:
        return "was not answered: the receiver may have it or not"
    except Exception as error:  # noqa: BLE001 - services are plug-ins and may raise anything
        # The error's text may show the URL.
        return f"failed with {type(error).__name__}"
    return "" if is_taken else "was not accepted: check the URL and whether the service can be reached"
