"""Have the sound of a notice cut and encoded, in a process that lives for a second.

numpy and libsndfile would take 30 MiB of the alerter for good, and the sound another 12 MiB. A process of its own gives
all of it back, and a codec that hangs or crashes takes nothing with it.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence

from tears.alerter.attachments.clip_request import LONGEST_CUT_SECONDS, ClipRequest, CutStatus
from tears.alerter.attachments.clip_span import ClipSpan
from tears.alerter.errors import AttachmentError, AttachmentNotReadyError, NoSoundError
from tears.alerter.notices.notice import Attachment

logger = logging.getLogger(__name__)

CLIP_MIME_TYPE = "audio/mpeg"
_PROGRAM = (sys.executable, "-m", "tears.alerter.attachments.clip")
# The program ends itself before.
_DEADLINE_SECONDS = LONGEST_CUT_SECONDS + 5.0
_LONGEST_REASON = 300


class ClipCutter:
    """Cuts one clip at a time. Its methods may be called by several threads, which share the last clip."""

    def __init__(
        self, redis_url: str, program: Sequence[str] = _PROGRAM, deadline_seconds: float = _DEADLINE_SECONDS
    ) -> None:
        self._redis_url = redis_url
        self._program = program
        self._deadline_seconds = deadline_seconds
        self._cutting = threading.Lock()
        # Several receivers want the same clip, one soon after another.
        self._last: tuple[ClipSpan, bytes] | None = None

    def cut(self, span: ClipSpan, name: str) -> Attachment:
        """Return the sound of a span as a file of this name; blocks for seconds, LONGEST_CUT_SECONDS at most.

        Raises:
            NoSoundError: nothing is left of the sound.
            AttachmentNotReadyError: Redis does not answer.
            AttachmentError: the program broke down or hung.
        """
        with self._cutting:
            if self._last is None or self._last[0] != span:
                self._last = (span, self._run(span))
            return Attachment(name, CLIP_MIME_TYPE, self._last[1])

    def _run(self, span: ClipSpan) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                self._program,
                input=ClipRequest(self._redis_url, span).encode(),
                capture_output=True,
                timeout=self._deadline_seconds,
                check=False,
                # Ctrl-C is for the alerter alone, which finishes what it is sending.
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as hung:
            raise AttachmentError(f"the clip was not cut within {self._deadline_seconds:.0f} s") from hung
        except OSError as error:
            raise AttachmentError(f"the program that cuts clips cannot be started: {error}") from error
        if done.returncode == CutStatus.DONE and done.stdout:
            return done.stdout
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1][:_LONGEST_REASON] if lines else "it gave no reason"
        if done.returncode == CutStatus.NO_SOUND:
            raise NoSoundError(reason)
        if done.returncode == CutStatus.NOT_NOW:
            raise AttachmentNotReadyError(reason)
        raise AttachmentError(f"the program that cuts clips ended with status {done.returncode}: {reason}")
