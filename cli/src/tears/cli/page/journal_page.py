"""The journal beside the pipeline: started, restarted and stopped, and never a reason for the pipeline to end."""

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from tears.cli.errors import StartError
from tears.cli.page.address import PAGE_LISTEN_VARIABLE, PORT_VARIABLE, free_port, page_listens, page_url
from tears.cli.page.data_place import ALERTS_FILE_VARIABLE, DATA_VARIABLE, alerts_file, locked_data_folder
from tears.cli.pipeline.child_process import ChildProcess, inherited_environment
from tears.cli.pipeline.stop_signals import Hurry, tidying_up
from tears.kit.backoff import Backoff
from tears.kit.network.listening import ANY_PORT, IF_TAKEN_VARIABLE
from tears.kit.service import EXIT_BAD_SETTINGS

NAME = "journal"
URL_VARIABLE = "TEARS_JOURNAL_URL"
FOLDER_VARIABLE = "TEARS_JOURNAL_FOLDER"
PROBE_PORT_VARIABLE = "TEARS_JOURNAL_PROBE_PORT"
JOURNAL_PROBE_PORT = 9105
JOURNAL_DRAIN_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 60.0
# One that ran for this long has started well, and is restarted soon.
WELL_AFTER_SECONDS = 60.0
# What an alert needs goes first: by the kernel's priorities, and when memory runs out.
_NICENESS = 10
_OOM_SCORE_ADJ = 500
_PAGES_ON = re.compile(r"the pages are on port (\d+)")
_PASSWORD_LINE = re.compile(r"log in to the pages with the password .+")


class JournalPage:
    """The process `python -m tears.journal`; a context manager that stops it.

    No method raises: whatever is wrong with the journal becomes a warning, and the alerts go on.

    Attributes:
        port: where the page is to be, unless another program takes that port in between.
    """

    def __init__(self) -> None:
        """Choose the port and the folder, and start nothing yet."""
        self._held = contextlib.ExitStack()
        self._notes: list[str] = []
        self._child: ChildProcess | None = None
        self._settings_of_pipeline: Callable[[], Mapping[str, str]] = dict
        self._pause = Backoff(longest_seconds=LONGEST_PAUSE_SECONDS)
        self._started_at_seconds = 0.0
        self._restart_at_seconds: float | None = None
        self._is_over = False
        self._page_port = ""
        self._has_introduced = False
        self.port = free_port()
        self._data: Path | None = None
        try:
            self._data = locked_data_folder(self._held)
        except StartError as error:
            self._give_up(str(error))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with tidying_up(is_hurried=kind is not None and issubclass(kind, KeyboardInterrupt)) as hurry:
            self.close(hurry)

    @property
    def url(self) -> str:
        """Return where parents open the page; the setting TEARS_JOURNAL_URL, if it is set, knows better than we do."""
        return os.environ.get(URL_VARIABLE) or page_url(self._page_port or self.port)

    @property
    def settings_of_alerter(self) -> dict[str, str]:
        """Return what the alerter must know, so that its notices link to the page."""
        return {} if self._data is None else {URL_VARIABLE: self.url}

    def start(self, log_folder: Path, settings_of_pipeline: Callable[[], Mapping[str, str]]) -> None:
        """Start the process beside a pipeline.

        Args:
            log_folder: gets its log.
            settings_of_pipeline: returns where the pipeline's Redis and model server are now; they may move.
        """
        if self._is_over:
            return
        self._settings_of_pipeline = settings_of_pipeline
        environ = {
            PROBE_PORT_VARIABLE: str(JOURNAL_PROBE_PORT),
            FOLDER_VARIABLE: f"{self._data}/recordings",
            **inherited_environment(),
            "TEARS_LOG_FORMAT": "text",
            DATA_VARIABLE: str(self._data),
            PORT_VARIABLE: self.port,
            URL_VARIABLE: self.url,
            IF_TAKEN_VARIABLE: ANY_PORT,
            PAGE_LISTEN_VARIABLE: page_listens(),
            ALERTS_FILE_VARIABLE: alerts_file(),
            **settings_of_pipeline(),
        }
        try:
            child = ChildProcess(NAME, [sys.executable, "-m", "tears.journal"], environ, log_folder / f"{NAME}.log")
        except OSError as error:
            self._give_up(f"it cannot be started: {error}")
            return
        self._watch(child)

    def keep(self) -> None:
        """Restart the process if it has died, after a pause that grows, or if the pipeline has moved; never block.

        Call it several times a second.
        """
        if self._child is None or self._is_over:
            return
        self._child.copy_log()
        self._note_port()
        if not (settings := self._settings_of_pipeline()).items() <= self._child.environ.items():
            self._child.environ.update(settings)
            self._child.ask_to_stop()
            self._restart_at_seconds = time.monotonic()
        now = time.monotonic()
        if self._child.status is None:
            if now - self._started_at_seconds > WELL_AFTER_SECONDS:
                self._pause.reset()
        elif self._child.status == EXIT_BAD_SETTINGS:
            self._give_up(self._child.log_tail())
        elif self._restart_at_seconds is None:
            self._restart_at_seconds = now + self._pause.next_seconds()
            self._notes.append(f"the journal ended with status {self._child.status}; it is started again")
        elif now >= self._restart_at_seconds:
            self._restart(self._child)

    def take_introduction(self) -> str | None:
        """Return the page's address, once, when it can be opened, with the password if it has just been made."""
        if self._child is None or self._has_introduced or not self._page_port:
            return None
        self._has_introduced = True
        found = _PASSWORD_LINE.search(self._child.log())
        return f"the journal: {self.url}{f'; {found[0]}' if found else ''}"

    def services(self) -> list[ChildProcess]:
        """Return the process, if it has been started."""
        return [] if self._child is None else [self._child]

    def new_warnings(self) -> list[str]:
        """Return what has gone wrong since the last call, and the warnings that the journal has logged."""
        notes, self._notes = self._notes, []
        logged = [] if self._child is None else self._child.new_warnings()
        # The introduction has the password, beside the address.
        return [*notes, *(f"{NAME}: {line}" for line in logged if not _PASSWORD_LINE.match(line))]

    def close(self, hurry: Hurry) -> None:
        """Drain the process, or kill it in a hurry; call it while `tidying_up`, after the pipeline has ended.

        So it keeps what was heard to the last moment.
        """
        if self._child is not None:
            self._child.stop(JOURNAL_DRAIN_SECONDS, hurry)
        self._held.close()

    def _restart(self, child: ChildProcess) -> None:
        try:
            self._watch(child.restarted())
        except OSError as error:
            self._restart_at_seconds = time.monotonic() + LONGEST_PAUSE_SECONDS
            self._notes.append(f"the journal cannot be started: {error}")

    def _watch(self, child: ChildProcess) -> None:
        self._child = child
        self._page_port = ""
        self._started_at_seconds, self._restart_at_seconds = time.monotonic(), None
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICENESS)
            Path(f"/proc/{child.pid}/oom_score_adj").write_text(str(_OOM_SCORE_ADJ))

    def _note_port(self) -> None:
        if not self._page_port and self._child is not None and (found := _PAGES_ON.search(self._child.log())):
            self._page_port = found[1]

    def _give_up(self, reason: str) -> None:
        self._is_over = True
        self._notes.append(f"there is no journal: {reason}")
