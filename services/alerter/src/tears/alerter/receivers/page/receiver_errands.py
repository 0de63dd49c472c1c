"""Obey the commands about receivers: try one, or check a changed list before it is used."""

import time
import uuid
from pathlib import Path

from tears.alerter.errors import AlerterError
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import RINGS, Notice
from tears.alerter.notices.receivers import NOTIFY_VARIABLE
from tears.alerter.receivers.configured import receivers_of_path, receivers_of_settings
from tears.alerter.receivers.receiver_set import ReceiverSet
from tears.alerter.receivers.summary import summary_lines
from tears.alerter.receivers.trial import trial_result
from tears.alerter.settings import RULES_VARIABLE, AlerterSettings
from tears.kit.clock import Clock
from tears.kit.commands.answer import CommandAnswer, CommandOutcome
from tears.kit.commands.receivers_draft import draft_of
from tears.kit.messages import Command, CommandKind


class ReceiverErrands:
    """Reads the file for each command, so that the answer is about the file as it is now."""

    def __init__(self, settings: AlerterSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def obey(self, command: Command) -> CommandAnswer:
        """Return the answer in words. Blocks until the services of a receiver have answered, a minute or so at most."""
        try:
            if command.kind is CommandKind.TEST_RECEIVER:
                return self._test(command.receiver)
            return self._check()
        except AlerterError as error:
            return CommandAnswer(CommandOutcome.REFUSED, str(error))

    def _test(self, name: str) -> CommandAnswer:
        receivers = self._receivers()
        if name not in receivers.services:
            names = ", ".join(receivers.services) or "none"
            return CommandAnswer(CommandOutcome.UNKNOWN, f"there is no receiver {name!r}; the receivers are: {names}")
        results = {}
        for service in receivers.services[name]:
            notice = Notice(str(uuid.uuid4()), NoticeKind.TEST, "", {RINGS: True}, time.time())
            results[service.description] = trial_result(service, notice)
        words = "; ".join(f"{service} {result or 'accepted the test'}" for service, result in results.items())
        return CommandAnswer(CommandOutcome.REFUSED if any(results.values()) else CommandOutcome.OBEYED, words)

    def _check(self) -> CommandAnswer:
        if not self._settings.rules:
            words = f"the receivers cannot be changed here: {RULES_VARIABLE} names no file; set it for the alerter"
            return CommandAnswer(CommandOutcome.REFUSED, words)
        path = Path(self._settings.rules)
        if self._settings.notify and not path.exists():
            words = (
                f"{NOTIFY_VARIABLE} names the receivers, and a list made here would take their place; remove that "
                "setting, restart the alerter, and name all receivers here"
            )
            return CommandAnswer(CommandOutcome.REFUSED, words)
        draft = draft_of(path)
        if not draft.exists() and not path.exists():
            return CommandAnswer(CommandOutcome.NEEDLESS, "there is no list of receivers yet")
        found = receivers_of_path(draft if draft.exists() else path, self._settings, self._clock)
        return CommandAnswer(CommandOutcome.OBEYED, "\n".join(summary_lines(found)))

    def _receivers(self) -> ReceiverSet:
        settings = self._settings
        if settings.rules and Path(settings.rules).exists():
            return receivers_of_path(Path(settings.rules), settings, self._clock)
        return receivers_of_settings(settings, self._clock)
