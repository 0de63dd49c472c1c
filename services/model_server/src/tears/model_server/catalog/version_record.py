"""What a model knows of one of its versions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tears.model_server.catalog.version_folders import State, VersionStatus
from tears.model_server.engines.servable import Servable
from tears.tfserving.v1.status_pb2 import StatusProto


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a version that would not load is tried again while its files stay as they are."""

    times: int = 5
    interval_seconds: float = 60.0


@dataclass(slots=True, eq=False)
class Lease:
    """A version in memory, and how many requests are using it."""

    servable: Servable
    folder: Path
    users: int = 0
    # It leaves as soon as nobody uses it.
    is_leaving: bool = False
    is_closed: bool = False


@dataclass(slots=True)
class _Try:
    """The last load: of which files, when it began, the how many-eth of these files it was, and its end."""

    content: object
    began_at_seconds: float
    count: int
    has_failed: bool = False


class Version:
    """The state of one version and, while it is in memory, its lease. All of it is guarded by the model's lock."""

    def __init__(self, number: int) -> None:
        """Found on disk, and nothing more yet."""
        self.number = number
        self.state = State.START
        self.lease: Lease | None = None
        # What its files tell of it, where the last try has shown that nothing here can run it.
        self.description: Servable | None = None
        self._code: StatusProto.Code = StatusProto.OK
        self._message = ""
        self._last_try: _Try | None = None

    def status(self, *, is_described: bool = False) -> VersionStatus:
        """As GetModelStatus tells it; one that is described in place of one that runs is AVAILABLE."""
        if is_described:
            return VersionStatus(self.number, State.AVAILABLE, lack=self._message)
        return VersionStatus(self.number, self.state, self._code, self._message)

    def wait_for_turn(self) -> None:
        """It is to be loaded; one that has failed shows its error until it is tried again."""
        if self.state is State.END and self._code == StatusProto.OK:
            self.state = State.START

    def serves(self, folder: Path) -> bool:
        """Whether it answers requests out of this folder."""
        return self.state is State.AVAILABLE and self.lease is not None and self.lease.folder == folder

    def begin_try(self, folder: Path, files: object, now_seconds: float, retry: Retry) -> bool:
        """Takes down that it is being loaded; False, and nothing else, where that is not worth it yet.

        Args:
            folder: Of the version.
            files: What lies in it; where that has changed since the last try, another is always worth it.
            now_seconds: By a clock that never goes back.
            retry: What to do where it has not changed.
        """
        content, count, last = (folder, files), 1, self._last_try
        if last and last.has_failed and last.content == content:
            if last.count > retry.times or now_seconds - last.began_at_seconds < retry.interval_seconds:
                return False
            count = last.count + 1
        self._last_try = _Try(content, now_seconds, count)
        if self.state is not State.AVAILABLE:  # one that is to move to another folder answers from the old one
            self.state = State.LOADING
        return True

    def fail(self, code: StatusProto.Code, message: str, description: Servable | None = None) -> None:
        """The load has failed; what was in memory before, if anything, goes on."""
        self.description = description
        if self._last_try:
            self._last_try.has_failed = True
        if self.state is not State.AVAILABLE:
            self.state, self._code, self._message = State.END, code, message

    def succeed(self, servable: Servable, folder: Path) -> Lease | None:
        """The load has succeeded; returns what was in memory before, which leaves."""
        replaced, self.lease, self.description = self.lease, Lease(servable, folder), None
        self.state, self._code, self._message = State.AVAILABLE, StatusProto.OK, ""
        if replaced:
            replaced.is_leaving = True
        return replaced

    def leave(self) -> Lease | None:
        """It answers no request from now on; returns what leaves memory, if anything does."""
        if self.state is not State.AVAILABLE or self.lease is None:
            return None
        self.state = State.UNLOADING
        self.lease.is_leaving = True
        return self.lease

    def end(self, lease: Lease) -> bool:
        """The lease's memory has been given back; whether that was all of the version."""
        if self.lease is not lease:
            return False
        self.lease, self.state = None, State.END
        return True
