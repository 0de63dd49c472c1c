"""The state of a version, and what a model knows about one of its versions."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from tears.model_server.engines.servable import Servable
from tears.tfserving.v1.status_pb2 import StatusProto


class VersionState(enum.IntEnum):
    """The life of a version, with TF Serving's numbers."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """What is reported about one version.

    Attributes:
        message: Why a version that ended could not be loaded; `code` says the same.
        lack: Why a version that counts as available cannot run; GetModelStatus has no field for it.
    """

    number: int
    state: VersionState
    code: StatusProto.Code = StatusProto.OK
    message: str = ""
    lack: str = ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often to retry a version that failed to load while its files stay the same."""

    times: int = 5
    interval_seconds: float = 60.0


@dataclass(slots=True, eq=False)
class Lease:
    """A version in memory, and how many requests use it."""

    servable: Servable
    folder: Path
    users: int = 0
    is_leaving: bool = False  # it is unloaded as soon as nobody uses it
    is_closed: bool = False


@dataclass(slots=True)
class _LoadAttempt:
    """The last attempt to load a version."""

    content: object  # the folder and the fingerprint of its files
    began_at_seconds: float
    number: int  # 1 for the first attempt with this content
    has_failed: bool = False


class VersionRecord:
    """The state of one version and, while it is in memory, its lease. The model's lock guards all of it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = VersionState.START
        self.lease: Lease | None = None
        # Serves the signatures, if the last attempt showed that no installed engine can run the version.
        self.description: Servable | None = None
        self._code: StatusProto.Code = StatusProto.OK
        self._message = ""
        self._last_attempt: _LoadAttempt | None = None

    def status(self, *, is_described: bool = False) -> VersionStatus:
        """Return the status to report; a version whose signatures are served without running it is AVAILABLE."""
        if is_described:
            return VersionStatus(self.number, VersionState.AVAILABLE, lack=self._message)
        return VersionStatus(self.number, self.state, self._code, self._message)

    def await_loading(self) -> None:
        """Show that the version will be loaded; one that has failed shows its error until it is tried again."""
        if self.state is VersionState.END and self._code == StatusProto.OK:
            self.state = VersionState.START

    def serves(self, folder: Path) -> bool:
        """Return whether the version answers requests out of this folder."""
        return self.state is VersionState.AVAILABLE and self.lease is not None and self.lease.folder == folder

    def begin_attempt(self, folder: Path, files: object, now_seconds: float, retry: RetryPolicy) -> bool:
        """Begin to load unless it is too early to try again; return whether the version may be loaded now.

        If the folder or the fingerprint of its files has changed since the last attempt, a new one is always allowed.
        """
        content, number, last = (folder, files), 1, self._last_attempt
        if last and last.has_failed and last.content == content:
            if last.number > retry.times or now_seconds - last.began_at_seconds < retry.interval_seconds:
                return False
            number = last.number + 1
        self._last_attempt = _LoadAttempt(content, now_seconds, number)
        if self.state is not VersionState.AVAILABLE:  # a version that moves to another folder answers from the old one
            self.state = VersionState.LOADING
        return True

    def fail(self, code: StatusProto.Code, message: str, description: Servable | None = None) -> None:
        """Record that loading failed; what was in memory before continues to serve."""
        self.description = description
        if self._last_attempt:
            self._last_attempt.has_failed = True
        if self.state is not VersionState.AVAILABLE:
            self.state, self._code, self._message = VersionState.END, code, message

    def succeed(self, servable: Servable, folder: Path) -> Lease | None:
        """Record that loading succeeded, and return the lease that this replaces, if any."""
        replaced, self.lease, self.description = self.lease, Lease(servable, folder), None
        self.state, self._code, self._message = VersionState.AVAILABLE, StatusProto.OK, ""
        if replaced:
            replaced.is_leaving = True
        return replaced

    def leave(self) -> Lease | None:
        """Answer no further requests, and return the lease to unload, if any."""
        if self.state is not VersionState.AVAILABLE or self.lease is None:
            return None
        self.state = VersionState.UNLOADING
        self.lease.is_leaving = True
        return self.lease

    def end(self, lease: Lease) -> bool:
        """Record that a lease has been unloaded, and return whether the version ended with it."""
        if self.lease is not lease:
            return False
        self.lease, self.state = None, VersionState.END
        return True
