"""Have a night drawn, in a process that ends with the picture, so that Pillow takes no memory of the alerter's."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tears.alerter.errors import AttachmentError
from tears.alerter.metrics import AlerterMetrics
from tears.alerter.notices.notice import Attachment, Notice
from tears.alerter.notices.receivers import FileReceiver

PICTURE_MIME_TYPE: Final = "image/png"
# A Pi needs five seconds.
PICTURE_DEADLINE_SECONDS: Final = 120.0
_PICTURE_PROGRAM: Final = (sys.executable, "-m", "tears.alerter.nights")


class NightPictureMaker:
    """Makes the attachments of `night_report`; several threads may share it."""

    brings = "picture"
    mime_type = PICTURE_MIME_TYPE

    def __init__(
        self,
        state_path: Path,
        language: str,
        metrics: AlerterMetrics,
        program: Sequence[str] = _PICTURE_PROGRAM,
        deadline_seconds: float = PICTURE_DEADLINE_SECONDS,
    ) -> None:
        """Draw the nights beside this state file, with words in the language of the house."""
        self._state_path = state_path
        self._language = language
        self._metrics = metrics
        self._program = tuple(program)
        self._deadline_seconds = deadline_seconds

    def is_wanted(self, notice: Notice, receiver: FileReceiver) -> bool:
        """Return whether the notice says which night it is about; every receiver of a report wants its picture."""
        del receiver
        return bool(notice.facts.get("night")) and bool(notice.mic)

    def make(self, notice: Notice) -> Attachment:
        """Return the picture of the room's night up to the hour of the report; blocks for seconds.

        Raises:
            AttachmentError: the program broke down or hung.
        """
        night, until = notice.facts.get("night", ""), notice.facts.get("until_seconds", notice.happened_at_seconds)
        arguments = ["--state", str(self._state_path), "report", "--night", str(night), "--until", str(until)]
        arguments += ["--room", notice.mic, "--language", self._language, "--png", "-"]
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                (*self._program, *arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._deadline_seconds,
                check=False,
                # Ctrl-C is for the alerter alone, which finishes what it is sending.
                start_new_session=True,
            )
        except (subprocess.TimeoutExpired, OSError) as error:
            self._metrics.nights.failures.labels("picture").inc()
            raise AttachmentError(f"the night was not drawn: {error}") from error
        if done.returncode or not done.stdout:
            self._metrics.nights.failures.labels("picture").inc()
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            raise AttachmentError(f"the night was not drawn: {lines[-1] if lines else 'no reason was given'}")
        return Attachment(f"night-{night}.png", PICTURE_MIME_TYPE, done.stdout)
