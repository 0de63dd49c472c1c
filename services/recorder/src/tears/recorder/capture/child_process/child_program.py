"""The common part of both capturing programs: they end with the recorder, and report every fault on the pipe."""

import ctypes
import os
import signal
from collections.abc import Callable

from tears.recorder.capture.child_process.frames import Fault, Frame, encode_frame
from tears.recorder.errors import CaptureError, SourceError

_SET_SIGNAL_AT_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of Linux's prctl


def report_fault(pipe: int, capture: Callable[[], None], describe: Callable[[Exception], str]) -> None:
    """Capture until a fault occurs, and write the fault as the last frame.

    Args:
        pipe: The recorder reads its other end. If nobody reads any more, this function just returns.
        capture: Blocks while there is sound.
        describe: Returns the reason to report for an error that is not of the recorder's own classes.
    """
    # A recorder that was killed must not leave its device occupied.
    ctypes.CDLL(None).prctl(_SET_SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL)
    try:
        capture()
    except (CaptureError, SourceError) as error:
        write_frame(pipe, Fault.of(error))
    except BrokenPipeError:
        pass
    except Exception as error:  # noqa: BLE001 - the edge of the process: the recorder logs it and starts another one
        write_frame(pipe, Fault.of(CaptureError(describe(error))))


def write_frame(pipe: int, frame: Frame) -> None:
    """Write the whole frame; blocks while the pipe is full.

    Raises:
        BrokenPipeError: Nobody reads any more.
    """
    left = memoryview(encode_frame(frame))
    while left:
        left = left[os.write(pipe, left) :]
