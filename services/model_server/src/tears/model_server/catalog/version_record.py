"""The state of a version, and what a model knows about one of its versions."""

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.model_server.engines.servable import Servable
from tears.tfserving.v1.status_pb2 import StatusProto


class VersionState(enum.IntEnum):
    """The life of a version, with TF Serving's numbers."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


# After so many processes that ended while they loaded a version, it is not tried again.
MAX_CRASHES: Final = 2


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """The report about one version.

    Attributes:
        message: Why a version that ended could not be loaded; `code` says the same.
    """

    number: int
    state: VersionState
    code: StatusProto.Code = StatusProto.OK
    message: str = ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The rule for retries of a version that failed to load while its files stay the same."""

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
        # The last attempt to load: the folder with the fingerprint of its files, the attempts with these that have
        # failed since one succeeded, and when it began.
        self._tried: object = None
        self._failures = 0
        self._tried_at_seconds = 0.0
        self._has_crashed = False

    def status(self) -> VersionStatus:
        """Return the status to report."""
        return VersionStatus(self.number, self.state, self._code, self._message)

    def await_loading(self) -> None:
        """Show that the version will be loaded; one that has failed shows its error until it is tried again."""
        if self.state is VersionState.END and self._code == StatusProto.OK:
            self.state = VersionState.START

    def serves(self, folder: Path) -> bool:
        """Return whether the version answers requests out of this folder."""
        return self.state is VersionState.AVAILABLE and self.lease is not None and self.lease.folder == folder

    def note_crashes(self, folder: Path, files: object, crashes: int, now_seconds: float, retry: RetryPolicy) -> None:
        """Count the processes that ended while they loaded these files as failed attempts, the last of them just now.

        One may have been ended by something else, so there is another attempt later. After two there is none.
        """
        if self._tried == (folder, files):
            return
        self._tried, self._tried_at_seconds = (folder, files), now_seconds
        self._has_crashed = True
        self._failures = crashes if crashes < MAX_CRASHES else retry.times + 1
        if self.state is not VersionState.AVAILABLE:
            self.state, self._code = VersionState.END, StatusProto.RESOURCE_EXHAUSTED
            self._message = (
                f"the server ended {crashes} times in a row while it loaded {folder}: the model may be too large for "
                "its memory; it is tried again when its files change"
            )

    def forget_crashes(self) -> None:
        """Allow an attempt in spite of the processes that ended, because no other version can serve."""
        if self._has_crashed:
            self._has_crashed, self._failures = False, 0

    def begin_attempt(self, folder: Path, files: object, now_seconds: float, retry: RetryPolicy) -> bool:
        """Begin to load unless it is too early to try again; return whether the version may be loaded now.

        If the folder or the fingerprint of its files has changed since the last attempt, a new one is always allowed.
        """
        if self._tried != (folder, files):
            self._tried, self._failures = (folder, files), 0
        is_early = now_seconds - self._tried_at_seconds < retry.interval_seconds
        if self._failures and (is_early or self._failures > retry.times):
            return False
        self._tried_at_seconds = now_seconds
        if self.state is not VersionState.AVAILABLE:  # a version that moves to another folder answers from the old one
            self.state = VersionState.LOADING
        return True

    def fail(self, code: StatusProto.Code, message: str, description: Servable | None = None) -> None:
        """Record that loading failed; what was in memory before continues to serve."""
        self.description = description
        self._failures += 1
        if self.state is not VersionState.AVAILABLE:
            self.state, self._code, self._message = VersionState.END, code, message

    def succeed(self, servable: Servable, folder: Path) -> Lease | None:
        """Record that loading succeeded, and return the lease that this replaces, if any."""
        replaced, self.lease, self.description = self.lease, Lease(servable, folder), None
        self._failures = 0
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
