"""The model's answer for a window."""

from dataclasses import dataclass
from typing import Self

from tears.kit.errors import MessageError
from tears.kit.messages import wire
from tears.kit.messages.window import Tombstone, WindowHeader
from tears.v1 import audio_pb2


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """Scores in the model's own order of labels, or a tombstone.

    The constructor raises ValueError for both or neither.
    """

    header: WindowHeader
    scores: tuple[tuple[str, float], ...] = ()
    model: str = ""
    model_version: int = 0
    tombstone: Tombstone | None = None

    def __post_init__(self) -> None:
        if bool(self.scores) is (self.tombstone is not None):
            raise ValueError(f"detection {self.header.window_id} must have either scores or a tombstone")

    def score_of(self, label: str) -> float | None:
        """Return the score of `label`; None if the model does not have it, or for a tombstone."""
        return dict(self.scores).get(label)

    def encode(self) -> bytes:
        """Return the bytes for `tears:detections`."""
        header = self.header.to_message()
        if self.tombstone is not None:
            return audio_pb2.Detection(header=header, tombstone=self.tombstone.to_message()).SerializeToString()
        scores = [audio_pb2.Score(label=label, value=value) for label, value in self.scores]
        scored = audio_pb2.Scores(model=self.model, model_version=self.model_version, scores=scores)
        return audio_pb2.Detection(header=header, scores=scored).SerializeToString()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Parse the bytes; raise MessageError if they are not a detection with finite scores or a tombstone."""
        message = wire.parse(audio_pb2.Detection, body)
        header = WindowHeader.from_message(message.header)
        if message.WhichOneof("content") == "tombstone":
            return cls(header=header, tombstone=Tombstone.from_message(message.tombstone))
        if not message.scores.scores:
            raise MessageError(f"detection {header.window_id} has neither scores nor a tombstone")
        wire.require_finite(f"detection {header.window_id}", *(score.value for score in message.scores.scores))
        return cls(
            header=header,
            scores=tuple((score.label, score.value) for score in message.scores.scores),
            model=message.scores.model,
            model_version=message.scores.model_version,
        )
