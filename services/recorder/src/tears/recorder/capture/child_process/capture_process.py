"""The recorder's side of a capturing process: start it, read its frames, kill it."""

import contextlib
import os
import select
import subprocess
import sys
from collections import deque

from tears.recorder.capture.capture_plan import CapturePlan
from tears.recorder.capture.child_process.frames import Frame, FrameReader
from tears.recorder.errors import CaptureError

_PIPE_READ_BYTES = 1 << 18
# How long a killed process may take to end.
_KILL_SECONDS = 2.0


class CaptureProcess:
    """One capturing process, from its start to `kill()`."""

    def __init__(self, plan: CapturePlan, *, shows_errors: bool = False) -> None:
        """Start the program of `plan`.

        With `shows_errors` it writes to our standard error, where ALSA complains about every device that it tries.
        """
        self._frames: deque[Frame] = deque()
        self._reader = FrameReader()
        self._pipe, theirs = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", plan.module, *plan.arguments, str(theirs)],
                pass_fds=[theirs],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=None if shows_errors else subprocess.DEVNULL,
                # Ctrl-C is for the recorder alone, which ends the session in order.
                start_new_session=True,
            )
        except OSError:
            os.close(self._pipe)
            raise
        finally:
            os.close(theirs)
        assert self._process.stdin is not None  # noqa: S101 - for the type checker
        # This never waits, because the secret fits into any pipe. A process that is already dead is noticed in `next`.
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(plan.secret.encode())

    def next(self, timeout_seconds: float) -> Frame | None:
        """Return the next frame; None if none comes within the time.

        Raises:
            CaptureError: The process has ended without a fault, or has sent something that is not a frame.
        """
        if not self._frames and select.select([self._pipe], [], [], timeout_seconds)[0]:
            received = os.read(self._pipe, _PIPE_READ_BYTES)
            if not received:
                raise CaptureError(f"the capturing process has ended with status {self._process.wait()}")
            self._frames.extend(self._reader.feed(received))
        return self._frames.popleft() if self._frames else None

    def kill(self) -> None:
        """End the process, even if it hangs."""
        self._process.kill()
        # A broken driver may hold it in the kernel forever: leave it there, so that the recorder does not hang as well.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=_KILL_SECONDS)
        os.close(self._pipe)
