"""Where the head of a model's decision lies in its model.tflite, so that it can be read and replaced by its bytes.

The places are found once, where the file can be parsed. Afterwards the standard library and numpy are enough, because
all versions that differ in the head alone are equal in every other byte; a digest of those bytes says so.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tears.own_data.errors import HeadError
from tears.own_data.versions.decision_head import HEAD_PARTS, DecisionHead

_FLOAT32_BYTES = 4


@dataclass(frozen=True)
class HeadPlaces:
    """The places of a head in all versions of a model that differ in the head alone.

    Attributes:
        offsets: The first byte of each part of the head.
        features: The number of weights.
        body_sha256: The digest of the file with zeros in place of the head.
    """

    offsets: Mapping[str, int]
    features: int
    body_sha256: str

    def read(self, content: bytes) -> DecisionHead:
        """Return the head in the content of a model.tflite.

        Raises:
            HeadError: The file differs in more than the head from the one whose places these are.
        """
        if body_digest(content, self.offsets, self.features) != self.body_sha256:
            raise HeadError(
                "this model.tflite differs in more than its head from the one that the guard set was made with; take "
                "the version that came with the guard set"
            )
        parts = {
            part: np.frombuffer(content, "<f4", count, self.offsets[part])
            for part, count in _counts(self.features).items()
        }
        return DecisionHead(parts["weights"].copy(), *(float(parts[part][0]) for part in HEAD_PARTS[1:]))

    def replace(self, content: bytes, head: DecisionHead) -> bytes:
        """Return the content with another head, and no other byte changed; raises as `read` does."""
        self.read(content)
        if len(head.weights) != self.features:
            raise HeadError(f"the new head has {len(head.weights)} weights, and the model's has {self.features}")
        patched = bytearray(content)
        for part, offset in self.offsets.items():
            written = np.atleast_1d(np.asarray(getattr(head, part), "<f4")).tobytes()
            patched[offset : offset + len(written)] = written
        return bytes(patched)


def body_digest(content: bytes, offsets: Mapping[str, int], features: int) -> str:
    """Return the digest of a model.tflite with zeros in place of its head."""
    body = bytearray(content)
    for part, count in _counts(features).items():
        size = count * _FLOAT32_BYTES
        if not 0 <= offsets[part] <= len(body) - size:
            raise HeadError("this model.tflite is shorter than the one that the guard set was made with")
        body[offsets[part] : offsets[part] + size] = bytes(size)
    return hashlib.sha256(body).hexdigest()


def _counts(features: int) -> dict[str, int]:
    return {part: features if part == "weights" else 1 for part in HEAD_PARTS}
