"""Obeys the commands about receivers in a thread of its own.

It also keeps the key of the links in Redis, and reads there what parents call the rooms. No alert depends on it, and
nothing here can delay one: a receiver may take half a minute to answer a test.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Any

import msgspec
import redis

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.receivers.page.receiver_errands import ReceiverErrands
from tears.kit.access.link_key import LinkKey
from tears.kit.backoff import Backoff
from tears.kit.clock import Clock
from tears.kit.commands.answer import STALE_COMMAND_SECONDS, CommandAnswer, CommandOutcome
from tears.kit.commands.giving import ANSWER_KEPT_SECONDS, MOST_COMMANDS, redis_clock_seconds
from tears.kit.commands.taking import CommandStream
from tears.kit.errors import MessageError
from tears.kit.messages import Command
from tears.kit.messages.command import ABOUT_RECEIVERS
from tears.kit.redis_client import READ_BLOCK_SECONDS, is_away, why
from tears.kit.registry.given_names import read_given_names
from tears.kit.registry.room_names import RoomNames
from tears.kit.streams import names
from tears.kit.streams.entries import BEGINNING, StreamEntry

logger = logging.getLogger(__name__)

_MOST_ENTRIES_AT_ONCE = 64


class PageThread:
    """Reads `tears:commands` beside the alerter's loop, and obeys what is about receivers."""

    def __init__(
        self,
        client: redis.Redis,
        errands: ReceiverErrands,
        link_key: LinkKey,
        metrics: AlerterMetrics,
        clock: Clock,
        stop: threading.Event,
        room_names: RoomNames | None = None,
    ) -> None:
        """Start nothing yet."""
        self._redis = client
        self._errands = errands
        self._link_key = link_key
        self._room_names = room_names or RoomNames()
        self._metrics = metrics
        self._clock = clock
        self._stop = stop
        self._stream = CommandStream(client)
        self._position = BEGINNING
        self._refused: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="receivers-page", daemon=True)

    def start(self) -> None:
        """Begin; the thread ends when `stop` is set, and nobody needs to wait for it."""
        self._thread.start()

    def turn(self) -> bool:
        """Obey what has come since the last turn, and return whether anything has; raises redis-py's errors."""
        try:
            self._link_key.keep(self._redis)
        except redis.ResponseError as error:
            # Receivers can be tried and changed without it.
            self._report_refusal("notices have no link to acknowledge them, or one that the page refuses", error)
        try:
            self._room_names.given = read_given_names(self._redis)
        except redis.ResponseError as error:
            self._report_refusal("alerts do not have the names that parents have given to rooms", error)
        entries = self._stream.entries_after(self._position, _MOST_ENTRIES_AT_ONCE)
        for entry in entries:
            self._position = entry.entry_id
            self._obey(entry)
        self._forget_excess(entries)
        return bool(entries)

    def _forget_excess(self, entries: Sequence[StreamEntry]) -> None:
        """Let nobody fill Redis with commands: it would take no more sound."""
        is_flood = len(entries) == _MOST_ENTRIES_AT_ONCE and self._redis.xlen(names.COMMANDS_STREAM) > 2 * MOST_COMMANDS
        if not is_flood and all(entry.body for entry in entries):
            return
        try:
            gone = self._stream.forget_excess()
        except redis.ResponseError as error:
            self._report_refusal("what is too much for the stream of commands stays there", error)
            return
        if gone:
            self._metrics.forgotten_commands.inc(gone)
            logger.warning("deleted %d entries of %s that are too long or too many", gone, names.COMMANDS_STREAM)

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                is_busy = self.turn()
            except redis.RedisError as error:
                self._report_refusal("the page's commands cannot be read", error)
                self._clock.wait(self._stop, backoff.next_seconds())
            except Exception:
                # The edge of the thread: without it, no receiver could be tried or changed any more.
                logger.exception("a command about receivers broke down")
                self._clock.wait(self._stop, backoff.next_seconds())
            else:
                backoff.reset()
                if not is_busy:
                    self._clock.wait(self._stop, READ_BLOCK_SECONDS)

    def _report_refusal(self, what: str, error: redis.RedisError) -> None:
        """Log what Redis refuses, such as a key that its users of an earlier release may not read; once."""
        is_news = not is_away(error) and what not in self._refused
        logger.log(logging.WARNING if is_news else logging.DEBUG, "%s: %s", what, why(error))
        if is_news:
            self._refused.add(what)

    def _obey(self, entry: StreamEntry) -> None:
        try:
            command = Command.decode(entry.body)
        except MessageError:
            # The loop answers what nobody can read.
            return
        if command.kind not in ABOUT_RECEIVERS:
            return
        # After a restart, the commands of the last minute come again.
        is_answered: Any = self._redis.exists(names.answer(command.command_id))
        age_seconds = redis_clock_seconds(self._redis) - command.issued_at_seconds
        if is_answered or abs(age_seconds) > STALE_COMMAND_SECONDS:
            return
        try:
            answer = self._errands.obey(command)
        except Exception:
            logger.exception("%s could not be obeyed", command.kind.name.lower())
            answer = CommandAnswer(CommandOutcome.FAILED, "the alerter could not obey it; its log says why")
        self._metrics.commands.labels(answer.outcome.value).inc()
        log = logger.info if answer.is_good else logger.warning
        log("%s %r: %s", command.kind.name.lower(), command.receiver, answer.words)
        self._redis.set(names.answer(command.command_id), msgspec.json.encode(answer), ex=ANSWER_KEPT_SECONDS)
