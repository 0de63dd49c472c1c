"""One model: its versions are found on disk, loaded, replaced and unloaded."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tears.kit.memory import heap, library_pages
from tears.model_server.catalog.folder_report import FolderReport, what_is_missing
from tears.model_server.catalog.load_journal import LoadJournal
from tears.model_server.catalog.version_folders import find_versions, fingerprint, overtaken
from tears.model_server.catalog.version_policy import Latest, Specific, VersionPolicy
from tears.model_server.catalog.version_record import Lease, RetryPolicy, VersionRecord, VersionState, VersionStatus
from tears.model_server.engines.servable import Loader, NotRunnableError, Servable
from tears.model_server.errors import ModelServerError, NotFoundError
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

MAX_ENDED_VERSIONS: Final = 16  # ended versions that the status still reports
MAX_FALLBACK_VERSIONS: Final = 16  # older versions that are tried if the newest cannot be loaded


def not_found(model: str, number: int | None) -> NotFoundError:
    """Return the error for a model or a version that is not available, in TF Serving's wording."""
    wanted = f"Latest({model})" if number is None else f"Specific({model}, {number})"
    return NotFoundError(f"Servable not found for request: {wanted}")


class Model:
    """Serve the versions that a policy chooses from a base folder, without a gap.

    All methods are thread-safe. A new version is loaded before the old one leaves, and a version that leaves stays in
    memory until its last request is answered.
    """

    def __init__(
        self,
        name: str,
        base_path: Path,
        load: Loader,
        *,
        policy: VersionPolicy | None = None,
        retry: RetryPolicy | None = None,
        journal: LoadJournal | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the model, and touch no file yet. Without a policy the newest version is served.

        The base path holds a folder for each version. Without a journal, versions that end the process are not
        remembered. The clock returns seconds and never goes back.
        """
        self.name = name
        self._base_path = base_path
        self._policy: VersionPolicy = policy or Latest()
        self._load = load
        self._retry = retry or RetryPolicy()
        self._journal = journal
        self._clock = clock
        # One thread at a time holds this lock, while it looks for versions and loads them.
        self._polling = threading.Lock()
        self._found: dict[int, Path] = {}
        self._report = FolderReport(name)
        # Any thread holds this lock, but only for moments.
        self._lock = threading.Lock()
        self._is_open = True
        self._versions: dict[int, VersionRecord] = {}
        self._wanted: frozenset[int] = frozenset()

    @property
    def is_available(self) -> bool:
        """Whether any version answers requests."""
        return bool(self.available())

    @property
    def problem(self) -> str:
        """Return what is wrong with the base folder; empty if nothing is."""
        return self._report.problem

    def available(self) -> list[int]:
        """Return the versions that answer requests, newest first."""
        with self._lock:
            return self._available()

    def statuses(self) -> list[VersionStatus]:
        """Return the status of every known version, newest first."""
        with self._lock:
            return [self._versions[number].status() for number in sorted(self._versions, reverse=True)]

    @contextmanager
    def use(self, number: int | None = None) -> Iterator[tuple[int, Servable]]:
        """Lend a version, which stays loaded until the block ends; without a number, the newest available one.

        If no version is available, lend one that only has a description instead.

        Raises:
            NotFoundError: It is not available; the wording is TF Serving's.
        """
        with self._lock:
            version = next((self._versions[n] for n in self._available() if number in {None, n}), None)
            lease = version.lease if version else None
            described = self._described()
            if lease:
                lease.users += 1
        if version is None or lease is None:
            stand_in = max(described, default=None) if number is None else number
            if stand_in in described:
                yield stand_in, described[stand_in]
                return
            raise not_found(self.name, number)
        try:
            yield version.number, lease.servable
        finally:
            with self._lock:
                lease.users -= 1
            self._unload_if_unused(version, lease)

    def configure(self, base_path: Path, policy: VersionPolicy) -> None:
        """Change the base folder and the policy, which the next poll applies; reopen the model if it is closed."""
        with self._lock:
            self._base_path, self._policy, self._is_open = base_path, policy, True

    def poll(self) -> None:
        """Look at the folder once and serve what it holds; blocks while versions load.

        If the base folder does not exist, nothing changes. If it holds no version, the model is unloaded, as in TF
        Serving.
        """
        with self._polling:
            policy, before = self._policy, self._found
            named = policy.numbers if isinstance(policy, Specific) else ()
            try:
                self._found = find_versions(self._base_path, named)
            except OSError as error:
                self._report.update(f"{self._base_path} cannot be read ({error.strerror}); what is loaded stays")
                return
            if isinstance(policy, Latest):
                passed = overtaken(self._found, before, policy.choose(self._found))
                self._report.warn_about_overtaken(self._base_path, passed)
            self._reconcile()

    def retry(self) -> None:
        """Do the same as `poll`, with the folders that the last poll found."""
        with self._polling:
            self._reconcile()

    def close(self) -> None:
        """Unload each version when its last request is answered; a version that is being loaded will not be served."""
        with self._lock:
            self._is_open, self._wanted = False, frozenset()
        self._retire(keep=())

    def _reconcile(self) -> None:
        """Load and retire versions until those that the policy wants are served."""
        found = self._found
        wanted = self._policy.choose(found)
        self._report.update(what_is_missing(self._base_path, self._policy, found))
        if not wanted:
            self._retire(keep=())
        self._announce(wanted)
        if set(wanted).intersection(self.available()):
            self._retire(keep=wanted)
        for number in wanted:
            if self._bring_up(number, found[number]):
                self._retire(keep=wanted)
        if isinstance(self._policy, Latest) and not self.is_available:
            # None of the newest versions loads and nothing is served: an older version is better than none.
            older = sorted(found.keys() - set(wanted), reverse=True)[:MAX_FALLBACK_VERSIONS]
            any(self._bring_up(number, found[number]) for number in older)
        if not self.is_available:  # then a version that has ended an earlier process is better than none
            for number in wanted:
                self._bring_up(number, found[number], after_crash=True)
        self._forget_ended(found)

    def _available(self) -> list[int]:
        return sorted((n for n, v in self._versions.items() if v.state is VersionState.AVAILABLE), reverse=True)

    def _described(self) -> dict[int, Servable]:
        """Return the descriptions of wanted versions that nothing here can run.

        There are none while any version is available: a description never takes the place of a version that runs.
        """
        if self._available():
            return {}
        return {n: v.description for n, v in self._versions.items() if n in self._wanted and v.description}

    def _announce(self, wanted: Collection[int]) -> None:
        """Report the versions that will be loaded."""
        with self._lock:
            self._wanted = frozenset(wanted) if self._is_open else frozenset()
            for number in self._wanted:
                self._versions.setdefault(number, VersionRecord(number)).await_loading()

    def _bring_up(self, number: int, folder: Path, *, after_crash: bool = False) -> bool:
        """Load a version unless it is loaded or has just failed; return whether it is available now.

        `after_crash` loads a version in spite of the earlier processes that ended meanwhile.
        """
        with self._lock:
            if not self._is_open:
                return False
            version = self._versions.setdefault(number, VersionRecord(number))
            if version.serves(folder):
                return True
        files = fingerprint(folder)
        if not self._begin_attempt(version, folder, files, after_crash=after_crash):
            return False
        servable = self._attempt(version, folder, files)
        if servable is None:
            return False
        with self._lock:
            leaving = version.succeed(servable, folder)
            is_unwanted = not self._is_open  # the model was closed while this version was loading
        # Loading and warm-up need some memory for a while: 3 MiB with the shipped model.
        heap.release_free_memory()
        library_pages.release_library_pages()
        logger.info("model %s version %d is available, from %s", self.name, number, folder)
        if leaving:
            self._unload_if_unused(version, leaving)
        if is_unwanted:
            self._retire(keep=())
        return not is_unwanted

    def _begin_attempt(self, version: VersionRecord, folder: Path, files: object, *, after_crash: bool) -> bool:
        """Return whether the version may be loaded now."""
        crashes = self._journal.crashes(folder, files) if self._journal and not after_crash else 0
        with self._lock:
            if crashes:
                version.note_crashes(folder, files, crashes, self._clock(), self._retry)
            elif after_crash:
                version.forget_crashes()
            return self._is_open and version.begin_attempt(folder, files, self._clock(), self._retry)

    def _attempt(self, version: VersionRecord, folder: Path, files: object) -> Servable | None:
        """Load a version; record a failure and return None."""
        if self._journal:
            self._journal.begin(folder, files)
        logger.info("model %s version %d is being loaded, from %s", self.name, version.number, folder)
        try:
            return self._load(folder)
        except Exception as error:  # whatever an engine raises, the version that serves must continue to serve
            is_known = isinstance(error, ModelServerError)
            message = str(error) or repr(error)
            code = error.code if isinstance(error, ModelServerError) else StatusProto.INTERNAL
            with self._lock:
                version.fail(code, message, error.description if isinstance(error, NotRunnableError) else None)
            logger.error(  # noqa: TRY400 - a trace only if the message does not say what the folder lacks
                "model %s version %d cannot be served: %s", self.name, version.number, message, exc_info=not is_known
            )
            return None
        finally:
            if self._journal:
                self._journal.end(folder)

    def _retire(self, keep: Collection[int]) -> None:
        """Take every version out of service except those to keep."""
        with self._lock:
            leaving = [(v, lease) for v in self._versions.values() if v.number not in keep and (lease := v.leave())]
            waiting = [v for v in self._versions.values() if v.number not in keep and v.state is VersionState.START]
            for version in waiting:
                version.state = VersionState.END
        for version, lease in leaving:
            self._unload_if_unused(version, lease)

    def _unload_if_unused(self, version: VersionRecord, lease: Lease) -> None:
        """Free a lease's memory if the lease is leaving and nobody uses it."""
        with self._lock:
            if not lease.is_leaving or lease.users or lease.is_closed:
                return
            lease.is_closed = True
        lease.servable.close()
        heap.release_free_memory()
        with self._lock:
            has_ended = version.end(lease)
        if has_ended:
            logger.info("model %s version %d is unloaded", self.name, version.number)

    def _forget_ended(self, found: Mapping[int, Path]) -> None:
        """Limit the number of ended versions without a folder that the status reports."""
        with self._lock:
            gone = [n for n, v in self._versions.items() if v.state is VersionState.END and n not in found]
            for number in sorted(gone)[:-MAX_ENDED_VERSIONS]:
                del self._versions[number]
