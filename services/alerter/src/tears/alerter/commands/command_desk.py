"""Reads `tears:commands`, judges whether each entry is a command to obey, and writes the answers.

Commands about receivers are left to `tears.alerter.receivers.page`, because a receiver may take its time.
No alert depends on it: what Redis refuses here is logged once, and the alerter goes on without commands.
"""

import logging
from collections import deque
from collections.abc import Callable

import msgspec
import redis

from tears.alerter.commands.house import House
from tears.alerter.commands.house_state import MOST_ACKNOWLEDGED, HouseState, is_deafness_subject
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.reporting.notice_stream import publish_report
from tears.kit.clock import Clock
from tears.kit.commands.answer import STALE_COMMAND_SECONDS, CommandAnswer, CommandOutcome
from tears.kit.commands.giving import ANSWER_KEPT_SECONDS, redis_clock_seconds
from tears.kit.commands.taking import CommandStream
from tears.kit.errors import MessageError
from tears.kit.messages import ACKNOWLEDGED, Command, NoticeReport
from tears.kit.messages.command import ABOUT_RECEIVERS
from tears.kit.redis_client import is_passing, why
from tears.kit.streams import names

logger = logging.getLogger(__name__)

# The commands of one round; the next ones wait for the next round.
MOST_COMMANDS_AT_ONCE = 64


class CommandDesk:
    """Hands the commands to the house. It raises redis-py's errors only where Redis is away."""

    def __init__(self, client: redis.Redis, house: House, metrics: AlerterMetrics, clock: Clock) -> None:
        self._redis = client
        self._stream = CommandStream(client)
        self._house = house
        self._metrics = metrics
        self._clock = clock
        # What Redis refuses; each is reported once.
        self._refused: set[str] = set()
        # Who looks after which episode, for those who show it; lost if the process dies before it is published.
        self._acknowledged: deque[NoticeReport] = deque(maxlen=MOST_ACKNOWLEDGED)

    def obey_new(self, obey: Callable[[Command], CommandAnswer]) -> None:
        """Read the commands that have come, and let `obey` answer those that are fresh and can be read.

        The answers are written later, by `answer`: when what they promise has been saved.
        """
        try:
            entries = self._stream.entries_after(self._house.position, MOST_COMMANDS_AT_ONCE)
            clock_seconds = redis_clock_seconds(self._redis) if entries else 0.0
        except redis.ResponseError as error:
            self._report_refusal("read", error)
            return
        self._refused.discard("read")
        for entry in entries:
            self._answer_entry(entry.body, clock_seconds, obey)
            self._house.move_position(entry.entry_id)

    def answer(self) -> None:
        """Write the answers for those who wait for them; call it when the house has been saved."""
        answers = self._house.answers()
        try:
            for command_id, answer in answers.items():
                self._redis.set(names.answer(command_id), msgspec.json.encode(answer), ex=ANSWER_KEPT_SECONDS)
        except redis.ResponseError as error:
            self._report_refusal("answered", error)
        else:
            self._refused.discard("answered")
        self._house.mark_answered(answers)
        self._publish_acknowledged()

    def _publish_acknowledged(self) -> None:
        try:
            while self._acknowledged:
                publish_report(self._redis, self._acknowledged[0])
                self._acknowledged.popleft()
        except redis.ResponseError as error:
            self._acknowledged.clear()
            self._report_refusal("shown", error)
        else:
            self._refused.discard("shown")

    def _note_acknowledged(self, command: Command, before: HouseState) -> None:
        for subject in self._house.state.acknowledged:
            if not before.is_acknowledged(subject) and not is_deafness_subject(subject):
                self._acknowledged.append(
                    NoticeReport(
                        kind=ACKNOWLEDGED,
                        who=command.sender,
                        at_seconds=self._clock.wall_seconds(),
                        mic=command.mic,
                        episode_id=subject,
                    )
                )

    def _answer_entry(self, body: bytes, clock_seconds: float, obey: Callable[[Command], CommandAnswer]) -> None:
        try:
            command = Command.decode(body)
        except MessageError as error:
            self._note(
                CommandAnswer(CommandOutcome.MALFORMED, str(error)), Command.id_in(body), "an unreadable command"
            )
            return
        if command.kind in ABOUT_RECEIVERS:
            return
        subject = f"{command.kind.name.lower()} {command.mic!r} from {command.sender or 'somebody'}"
        age_seconds = clock_seconds - command.issued_at_seconds
        # One from the future was given before the clock was set back, and nobody knows when.
        if abs(age_seconds) > STALE_COMMAND_SECONDS:
            words = f"this command is {age_seconds:.0f} s old, so it is not obeyed; give it again"
            self._note(CommandAnswer(CommandOutcome.STALE, words), command.command_id, subject)
            return
        before = self._house.state
        try:
            answer = obey(command)
        except Exception:
            # One command that breaks the code must not end the alerter, and end it again at each start.
            logger.exception("%s could not be obeyed", subject)
            words = "the alerter could not obey it; its log says why"
            self._note(CommandAnswer(CommandOutcome.FAILED, words), command.command_id, subject)
            return
        self._note_acknowledged(command, before)
        self._count_and_log(answer, subject)

    def _note(self, answer: CommandAnswer, command_id: str, subject: str) -> None:
        if command_id:
            self._house.note_answer(command_id, answer)
        self._count_and_log(answer, subject)

    def _count_and_log(self, answer: CommandAnswer, subject: str) -> None:
        self._metrics.commands.labels(answer.outcome.value).inc()
        log = logger.info if answer.is_good else logger.warning
        log("%s is %s: %s", subject, answer.outcome.value, answer.words)

    def _report_refusal(self, action: str, error: redis.ResponseError) -> None:
        if is_passing(error):
            raise error
        if action not in self._refused:
            logger.warning("commands cannot be %s: %s; alerts go on without them", action, why(error))
        self._refused.add(action)
