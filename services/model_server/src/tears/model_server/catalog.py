"""The models that are served, and which of them a request's ModelSpec means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from tears.model_server.errors import InvalidArgumentError, NotFoundError
from tears.model_server.model import Model
from tears.model_server.servable import Servable
from tears.model_server.versions import VersionStatus
from tears.tfserving.v1.model_pb2 import ModelSpec


class Catalog:
    """Models by name. The wording of its errors is TF Serving's."""

    def __init__(self, models: Mapping[str, Model]) -> None:
        """The models stay the caller's to poll and close."""
        self._models: Final = models

    @contextmanager
    def use(self, spec: ModelSpec) -> Iterator[tuple[int, Servable]]:
        """Lends the version that a request asks for; it stays loaded until it is given back.

        Raises:
            InvalidArgumentError: The spec has no name, or a label that no version has.
            NotFoundError: No such model, or no such version of it, is available.
        """
        number = _version_of(spec)
        if spec.name not in self._models:
            wanted = f"Latest({spec.name})" if number is None else f"Specific({spec.name}, {number})"
            raise NotFoundError(f"Servable not found for request: {wanted}")
        with self._models[spec.name].use(number) as version:
            yield version

    def statuses(self, spec: ModelSpec) -> list[VersionStatus]:
        """Every known version of a model, the newest first, or the one that the spec names.

        Raises:
            InvalidArgumentError: The spec has no name, or a label that no version has.
            NotFoundError: No such model, or no such version of it, is known.
        """
        number = _version_of(spec)
        known = self._models[spec.name].statuses() if spec.name in self._models else []
        if number is not None:
            known = [status for status in known if status.number == number]
            if not known:
                raise NotFoundError(f"Could not find version {number} of model {spec.name}")
        if not known:
            raise NotFoundError(f"Could not find any versions of model {spec.name}")
        return known


def _version_of(spec: ModelSpec) -> int | None:
    if not spec.name:
        raise InvalidArgumentError("ModelSpec has no name specified.")
    if spec.HasField("version_label"):
        raise InvalidArgumentError(f"Unrecognized servable version label: {spec.version_label}")
    return spec.version.value if spec.HasField("version") else None
