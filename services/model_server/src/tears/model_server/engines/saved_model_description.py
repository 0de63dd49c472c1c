"""Describe a SavedModel that nothing here can run: reading the signatures from its file needs no TensorFlow."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from google.protobuf.message import DecodeError

from tears.model_server.engines.servable import Arrays
from tears.model_server.errors import FailedPreconditionError
from tears.model_server.wire.signatures import Signature, signature_from_proto
from tears.model_server.wire.tensors import Array
from tears.tfserving.v1 import saved_model_pb2

logger = logging.getLogger(__name__)

SAVED_MODEL_FILE: Final = "saved_model.pb"
# Weights usually lie in files of their own. A graph that holds them as constants takes twice its size to read.
MAX_DESCRIBED_BYTES: Final = 64 * 1024 * 1024


class DescribedServable:
    """The signatures of a version that cannot run: GetModelMetadata is answered, everything else gets the reason."""

    def __init__(self, signatures: Mapping[str, Signature], reason: str) -> None:
        """Keep the signatures, and the reason why the version cannot run, with the cure."""
        self.signatures = signatures
        self._reason = reason

    def run(
        self, signature_name: str, inputs: Arrays, outputs: Sequence[str], *, timeout_seconds: float | None = None
    ) -> dict[str, Array]:
        """Refuse to compute.

        Raises:
            FailedPreconditionError: Always; it says what is missing.
        """
        del signature_name, inputs, outputs, timeout_seconds
        raise FailedPreconditionError(self._reason)

    def close(self) -> None:
        """Do nothing, because no engine holds memory."""


def describe_saved_model(folder: Path, tags: Sequence[str], reason: str) -> DescribedServable | None:
    """Return what `saved_model.pb` in a version's folder says about the graph with these tags.

    Returns:
        None if the file does not exist, cannot be read, is very large, or has no such graph.
    """
    path = folder / SAVED_MODEL_FILE
    try:
        if path.stat().st_size > MAX_DESCRIBED_BYTES:
            return None
        parsed = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        logger.warning("%s cannot be read: %s", path, error)
        return None
    for graph in parsed.meta_graphs:
        if set(graph.meta_info_def.tags) == set(tags):
            found = {name: signature_from_proto(proto) for name, proto in graph.signature_def.items()}
            return DescribedServable(found, reason)
    return None
