"""One model: the versions found on disk, brought into memory, swapped and given back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tears.model_server import memory
from tears.model_server.catalog.version_folders import State, VersionStatus, find_versions, fingerprint
from tears.model_server.catalog.version_policy import Latest, Specific, VersionPolicy
from tears.model_server.catalog.version_record import Lease, Retry, Version
from tears.model_server.engines.servable import Loader, NotRunnableError, Servable
from tears.model_server.errors import ModelServerError, NotFoundError
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

MAX_ENDED_VERSIONS: Final = 16  # ended versions that the status still tells of


class Model:
    """The versions that a policy chooses from a base folder, served without a gap.

    Everything may be called from any thread. A new version is loaded before the old one leaves, and a version that
    leaves stays in memory until its last request is answered.
    """

    def __init__(
        self,
        name: str,
        base_path: Path,
        load: Loader,
        *,
        policy: VersionPolicy | None = None,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Touches no file yet.

        Args:
            name: By which requests call it.
            base_path: Holds a folder for each version.
            load: Makes a servable of a version's folder.
            policy: Which of them to serve; None is the newest.
            retry: For versions that would not load.
            clock: Seconds, never going back.
        """
        self.name = name
        self._base_path = base_path
        self._policy: VersionPolicy = policy or Latest()
        self._load = load
        self._retry = retry or Retry()
        self._clock = clock
        # Held while versions are looked for and loaded, by one thread at a time; the lock below only for moments.
        self._turn = threading.Lock()
        self._found: dict[int, Path] = {}
        self._complaint = ""
        self._lock = threading.Lock()
        self._is_open = True
        self._versions: dict[int, Version] = {}
        self._wanted: frozenset[int] = frozenset()

    @property
    def is_available(self) -> bool:
        """Whether any version answers requests."""
        return bool(self.available())

    @property
    def complaint(self) -> str:
        """What is wrong with the base folder; empty where nothing is."""
        return self._complaint

    def available(self) -> list[int]:
        """The versions that answer requests, the newest first."""
        with self._lock:
            return sorted((n for n, v in self._versions.items() if v.state is State.AVAILABLE), reverse=True)

    def statuses(self) -> list[VersionStatus]:
        """Every version that is known, the newest first."""
        with self._lock:
            described = self._described()
            numbers = sorted(self._versions, reverse=True)
            return [self._versions[number].status(is_described=number in described) for number in numbers]

    @contextmanager
    def use(self, number: int | None = None) -> Iterator[tuple[int, Servable]]:
        """Lends a version, which stays loaded until it is given back; None is the newest that is available.

        Where none is, one that can only be described is lent in its place.

        Raises:
            NotFoundError: It is not available; the wording is TF Serving's.
        """
        with self._lock:
            version = self._pick(number)
            lease = version.lease if version else None
            described = {} if lease else self._described()
            if lease:
                lease.users += 1
        if version is None or lease is None:
            stand_in = max(described, default=None) if number is None else number
            if stand_in in described:
                yield stand_in, described[stand_in]
                return
            wanted = f"Latest({self.name})" if number is None else f"Specific({self.name}, {number})"
            raise NotFoundError(f"Servable not found for request: {wanted}")
        try:
            yield version.number, lease.servable
        finally:
            with self._lock:
                lease.users -= 1
            self._give_back(version, lease)

    def configure(self, base_path: Path, policy: VersionPolicy) -> None:
        """Changes where the versions lie and which of them are served, from the next poll on; reopens it if closed."""
        with self._lock:
            self._base_path, self._policy, self._is_open = base_path, policy, True

    def poll(self) -> None:
        """Looks at the folder once and brings what is served in line with it; blocks while versions load.

        A base folder that is not there changes nothing; one that holds no version unloads the model, as in TF Serving.
        """
        with self._turn:
            try:
                self._found = find_versions(self._base_path)
            except OSError as error:
                self._complain(f"{self._base_path} cannot be read ({error.strerror}); what is loaded stays")
                return
            self._reconcile()

    def retry(self) -> None:
        """As `poll`, but with the folders that the last poll found."""
        with self._turn:
            self._reconcile()

    def close(self) -> None:
        """Lets every version go, each as its last request is answered; what is being loaded is not served any more."""
        with self._lock:
            self._is_open, self._wanted = False, frozenset()
        self._retire(keep=())

    def _reconcile(self) -> None:
        found = self._found
        wanted = self._policy.choose(found)
        self._complain(self._lack(found))
        if not wanted:
            self._retire(keep=())
        self._announce(wanted)
        if set(wanted).intersection(self.available()):
            self._retire(keep=wanted)
        for number in wanted:
            if self._bring_up(number, found[number]):
                self._retire(keep=wanted)
        if isinstance(self._policy, Latest) and not self.is_available:
            # The newest are all broken and nothing is served: better an older one than none.
            any(self._bring_up(number, found[number]) for number in sorted(found.keys() - set(wanted), reverse=True))
        self._forget(found)

    def _lack(self, found: Collection[int]) -> str:
        """What the folder should hold and does not; empty where nothing is missing."""
        if not found:
            return f"{self._base_path} has no version folder: a folder whose name is a number"
        missing = self._policy.numbers.difference(found) if isinstance(self._policy, Specific) else ()
        names = ", ".join(map(str, sorted(missing)))
        return f"{self._base_path} has no version {names}, which the policy names" if names else ""

    def _pick(self, number: int | None) -> Version | None:
        candidates = self._versions if number is None else {number} & self._versions.keys()
        available = [n for n in candidates if self._versions[n].state is State.AVAILABLE]
        return self._versions[max(available)] if available else None

    def _described(self) -> dict[int, Servable]:
        """The wanted versions that nothing here can run; none where any other answers: those never stand in its way."""
        if any(version.state is State.AVAILABLE for version in self._versions.values()):
            return {}
        return {n: v.description for n, v in self._versions.items() if n in self._wanted and v.description}

    def _announce(self, wanted: Collection[int]) -> None:
        """Makes versions known that wait for their turn to be loaded."""
        with self._lock:
            self._wanted = frozenset(wanted) if self._is_open else frozenset()
            for number in self._wanted:
                self._versions.setdefault(number, Version(number)).wait_for_turn()

    def _bring_up(self, number: int, folder: Path) -> bool:
        """Loads a version unless it is loaded, or has failed lately; returns whether it is available now."""
        with self._lock:
            if not self._is_open:
                return False
            version = self._versions.setdefault(number, Version(number))
            if version.serves(folder):
                return True
        files = fingerprint(folder)
        with self._lock:
            if not self._is_open or not version.begin_try(folder, files, self._clock(), self._retry):
                return False
        try:
            servable = self._load(folder)
        except Exception as error:  # whatever a back end raises, the version that serves goes on
            is_known = isinstance(error, ModelServerError)
            message = str(error) or repr(error)
            code = error.code if isinstance(error, ModelServerError) else StatusProto.INTERNAL
            with self._lock:
                version.fail(code, message, error.description if isinstance(error, NotRunnableError) else None)
            logger.error(  # noqa: TRY400 - a trace only where the message does not say what the folder lacks
                "model %s version %d cannot be served: %s", self.name, number, message, exc_info=not is_known
            )
            return False
        with self._lock:
            leaving = version.succeed(servable, folder)
            is_unwanted = not self._is_open  # closed while this was loading
        # What loading and warming up took for a while: some 3 MiB with the shipped model.
        memory.give_back()
        memory.let_go_of_start()
        logger.info("model %s version %d is available, from %s", self.name, number, folder)
        if leaving:
            self._give_back(version, leaving)
        if is_unwanted:
            self._retire(keep=())
        return not is_unwanted

    def _retire(self, keep: Collection[int]) -> None:
        """Takes every available version out of service but those to keep."""
        with self._lock:
            leaving = [(v, lease) for v in self._versions.values() if v.number not in keep and (lease := v.leave())]
            waiting = [v for v in self._versions.values() if v.number not in keep and v.state is State.START]
            for version in waiting:
                version.state = State.END
        for version, lease in leaving:
            self._give_back(version, lease)

    def _give_back(self, version: Version, lease: Lease) -> None:
        """Gives a lease's memory back if it is leaving and nobody uses it."""
        with self._lock:
            if not lease.is_leaving or lease.users or lease.is_closed:
                return
            lease.is_closed = True
        lease.servable.close()
        memory.give_back()
        with self._lock:
            has_ended = version.end(lease)
        if has_ended:
            logger.info("model %s version %d is unloaded", self.name, version.number)

    def _forget(self, found: Mapping[int, Path]) -> None:
        """Bounds what the status tells of versions that have ended and whose folders are gone."""
        with self._lock:
            gone = [n for n, v in self._versions.items() if v.state is State.END and n not in found]
            for number in sorted(gone)[:-MAX_ENDED_VERSIONS]:
                del self._versions[number]

    def _complain(self, complaint: str) -> None:
        """Says what is wrong with the folder once, not at every poll."""
        if complaint and complaint != self._complaint:
            logger.warning("model %s: %s", self.name, complaint)
        self._complaint = complaint
