"""Run the program that holds a lesson, and read what it prints."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tears.journal.teaching.lesson_record import LessonFigures

LESSON_PROGRAM: Final = "tears.journal.teaching.lesson_program"
_END_SECONDS: Final = 5.0


class _Line(msgspec.Struct):
    done: int = 0
    total: int = 0
    lesson: LessonFigures | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class LessonProcess:
    """A lesson that has not been held yet; the fields are the program's options."""

    clips: Path
    models: Path
    server: str
    threshold: float
    out: Path
    has_listened_again: bool

    def run(self, progress: Callable[[int, int], None], stop: threading.Event) -> LessonFigures | str:
        """Hold the lesson, and return what came of it, or why it could not be held; block until then.

        The program yields to everything else that wants the processor. It is ended when `stop` is set.
        """
        words = [sys.executable, "-m", LESSON_PROGRAM, "--clips", str(self.clips), "--models", str(self.models)]
        words += ["--server", self.server, "--threshold", str(self.threshold), "--out", str(self.out)]
        words += ["--listened-again"] if self.has_listened_again else []
        ended = threading.Event()
        with subprocess.Popen(  # noqa: S603 - our own program
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            # One thread: on a Pi the rest is for listening.
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        ) as process:
            watch = threading.Thread(target=_end_with, args=(process, stop, ended), name="lesson-watch")
            watch.start()
            try:
                outcome = self._read(process, progress)
            finally:
                ended.set()
                watch.join()
        if outcome is not None:
            return outcome
        code = process.returncode
        return "The lesson was ended." if stop.is_set() else f"The lesson broke down: it ended with {code}."

    @staticmethod
    def _read(process: subprocess.Popen[str], progress: Callable[[int, int], None]) -> LessonFigures | str | None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for text in process.stdout:
            try:
                line = msgspec.json.decode(text, type=_Line)
            except msgspec.DecodeError:
                continue
            if line.lesson is not None:
                return line.lesson
            if line.error:
                return line.error
            progress(line.done, line.total)
        return None


def _end_with(process: subprocess.Popen[str], stop: threading.Event, ended: threading.Event) -> None:
    while not ended.wait(0.2):
        if stop.is_set():
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            return
