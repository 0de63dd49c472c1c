"""One model: the versions found on disk, brought into memory, swapped and given back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.model_server.errors import ModelServerError, NotFoundError
from tears.model_server.servable import Loader, Servable
from tears.model_server.versions import State, VersionStatus, find_versions, fingerprint
from tears.tfserving.v1.status_pb2 import StatusProto

logger = logging.getLogger(__name__)

MAX_ENDED_VERSIONS: Final = 16  # ended versions that the status still tells of


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a version that would not load is tried again while its files stay as they are."""

    times: int = 5
    interval_seconds: float = 60.0


class _Version:
    """What is known of one version. All of it is guarded by the model's lock."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.state = State.START
        self.servable: Servable | None = None
        self.users = 0
        self.code: StatusProto.Code = StatusProto.OK
        self.message = ""
        # Of the last load: when it began, how many there were of this content, and which content that was.
        self.tried_at_seconds = 0.0
        self.tries = 0
        self.content: object = None

    @property
    def has_failed(self) -> bool:
        return self.state is State.END and self.code != StatusProto.OK

    def status(self) -> VersionStatus:
        return VersionStatus(self.number, self.state, self.code, self.message)


class Model:
    """The newest version that can be loaded from a base folder, served without a gap.

    `poll` belongs to one thread; everything else may be called from any. A new version is loaded before the old one
    leaves, and a version that leaves stays in memory until its last request is answered.
    """

    def __init__(
        self,
        name: str,
        base_path: Path,
        load: Loader,
        *,
        retry: Retry | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Touches no file yet.

        Args:
            name: By which requests call it.
            base_path: Holds a folder for each version.
            load: Makes a servable of a version's folder.
            retry: For versions that would not load.
            clock: Seconds, never going back.
        """
        self.name = name
        self._base_path = base_path
        self._load = load
        self._retry = retry or Retry()
        self._clock = clock
        self._lock = threading.Lock()
        self._versions: dict[int, _Version] = {}
        self._complaint = ""

    @property
    def is_available(self) -> bool:
        """Whether any version answers requests."""
        return self._available() is not None

    def statuses(self) -> list[VersionStatus]:
        """Every version that is known, the newest first."""
        with self._lock:
            return [self._versions[number].status() for number in sorted(self._versions, reverse=True)]

    @contextmanager
    def use(self, number: int | None = None) -> Iterator[tuple[int, Servable]]:
        """Lends a version, which stays loaded until it is given back; None is the newest that is available.

        Raises:
            NotFoundError: It is not available; the wording is TF Serving's.
        """
        with self._lock:
            version = self._pick(number)
            servable = version.servable if version else None
            if version is None or servable is None:
                wanted = f"Latest({self.name})" if number is None else f"Specific({self.name}, {number})"
                raise NotFoundError(f"Servable not found for request: {wanted}")
            version.users += 1
        try:
            yield version.number, servable
        finally:
            with self._lock:
                version.users -= 1
            self._end_if_unused(version)

    def poll(self) -> None:
        """Looks at the folder once and brings what is served in line with it; blocks while a version loads.

        The newest version that can be loaded is served; where none of those on disk can, what is loaded stays. A base
        folder that is not there changes nothing; one that holds no version unloads the model, as in TF Serving.
        """
        try:
            folders = find_versions(self._base_path)
        except OSError as error:
            self._complain(f"{self._base_path} cannot be read ({error.strerror}); what is loaded stays")
            return
        if folders:
            self._complain("")
        else:
            self._complain(f"{self._base_path} has no version folder: a folder whose name is a number")
            self._retire(keep=None)
        for number, folder in folders.items():
            if self._is_loaded(number) or self._bring_up(number, folder):
                self._retire(keep=number)
                break
        self._forget(folders)

    def close(self) -> None:
        """Lets every version go, each as its last request is answered."""
        self._retire(keep=None)

    def _pick(self, number: int | None) -> _Version | None:
        candidates = self._versions if number is None else {number} & self._versions.keys()
        available = [n for n in candidates if self._versions[n].state is State.AVAILABLE]
        return self._versions[max(available)] if available else None

    def _available(self) -> _Version | None:
        with self._lock:
            return self._pick(None)

    def _is_loaded(self, number: int) -> bool:
        with self._lock:
            return self._pick(number) is not None

    def _bring_up(self, number: int, folder: Path) -> bool:
        """Loads a version if it is worth a try; returns whether it is available now."""
        content = fingerprint(folder)
        now_seconds = self._clock()
        with self._lock:
            version = self._versions.setdefault(number, _Version(number))
            if version.state is State.UNLOADING:
                return False
            if version.has_failed and version.content == content:
                waited_seconds = now_seconds - version.tried_at_seconds
                if version.tries > self._retry.times or waited_seconds < self._retry.interval_seconds:
                    return False
            version.tries = version.tries + 1 if version.has_failed and version.content == content else 1
            version.content, version.tried_at_seconds = content, now_seconds
            version.state = State.LOADING
        try:
            servable = self._load(folder)
        except Exception as error:  # whatever a back end raises, the version that serves goes on
            with self._lock:
                version.state = State.END
                version.code = error.code if isinstance(error, ModelServerError) else StatusProto.INTERNAL
                version.message = str(error) or repr(error)
            is_defect = not isinstance(error, ModelServerError)
            logger.error(  # noqa: TRY400 - a trace only where the message does not say what the folder lacks
                "model %s version %d cannot be served: %s", self.name, number, version.message, exc_info=is_defect
            )
            return False
        with self._lock:
            version.servable = servable
            version.code, version.message = StatusProto.OK, ""
            version.state = State.AVAILABLE
        logger.info("model %s version %d is available, from %s", self.name, number, folder)
        return True

    def _retire(self, keep: int | None) -> None:
        """Takes every available version but `keep` out of service."""
        with self._lock:
            leaving = [v for v in self._versions.values() if v.state is State.AVAILABLE and v.number != keep]
            for version in leaving:
                version.state = State.UNLOADING
        for version in leaving:
            self._end_if_unused(version)

    def _end_if_unused(self, version: _Version) -> None:
        with self._lock:
            if version.state is not State.UNLOADING or version.users or version.servable is None:
                return
            servable, version.servable = version.servable, None
        servable.close()
        with self._lock:
            version.state = State.END
        logger.info("model %s version %d is unloaded", self.name, version.number)

    def _forget(self, folders: dict[int, Path]) -> None:
        """Bounds what the status tells of versions that have ended and whose folders are gone."""
        with self._lock:
            gone = [n for n, v in self._versions.items() if v.state is State.END and n not in folders]
            for number in sorted(gone)[:-MAX_ENDED_VERSIONS]:
                del self._versions[number]

    def _complain(self, complaint: str) -> None:
        """Says what is wrong with the folder once, not at every poll."""
        if complaint and complaint != self._complaint:
            logger.warning("model %s: %s", self.name, complaint)
        self._complaint = complaint
