"""The work of the classifier: a window in, a detection out."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from tears.audio.constants import BYTES_PER_SAMPLE, WINDOW_SAMPLES
from tears.classifier.errors import WindowRefusedError
from tears.classifier.metrics import ClassifierMetrics
from tears.classifier.predictor import Predictor
from tears.kit.clock import Clock
from tears.kit.errors import MessageError, UnprocessableError
from tears.kit.messages import AudioWindow, Detection, Tombstone, TombstoneReason
from tears.kit.registry.mic_names import is_room
from tears.kit.streams.delivery import Delivery, Outputs, ProvisionalOutputs

WINDOW_BYTES = WINDOW_SAMPLES * BYTES_PER_SAMPLE  # 220 500


@dataclass(frozen=True, kw_only=True)
class WindowHandler:
    """Turns windows into detections; tombstones pass through."""

    predictor: Predictor
    model: str
    metrics: ClassifierMetrics
    clock: Clock

    def handle(self, delivery: Delivery) -> Outputs:
        """Return the detection of a window; raise what `Handler.handle` names."""
        window = AudioWindow.decode(delivery.body)
        mic = window.header.mic
        if window.pcm is None:
            return self._passed_on(window)
        if len(window.pcm) != WINDOW_BYTES:
            raise WindowRefusedError(
                f"window {window.header.window_id} has {len(window.pcm)} bytes, not {WINDOW_BYTES}"
            )
        scores = self.predictor.predict(window.pcm)
        if is_room(mic):
            self.metrics.windows.labels(mic).inc()
            for label, value in scores.values:
                self.metrics.scores.labels(mic, label).observe(value)
            self.metrics.lag_seconds.observe(max(0.0, self.clock.wall_seconds() - window.header.captured_at_seconds))
        version = scores.version
        return [Detection(header=window.header, scores=scores.values, model=self.model, model_version=version).encode()]

    def bury(self, delivery: Delivery, error: UnprocessableError) -> Sequence[bytes]:
        """Return a tombstone for a window that cannot be classified, and nothing for bytes that are not a window."""
        try:
            window = AudioWindow.decode(delivery.body)
        except MessageError:
            return ()
        self._count_tombstone(window.header.mic)
        return [Detection(header=window.header, tombstone=Tombstone(TombstoneReason.POISON, str(error))).encode()]

    def pass_on(self, delivery: Delivery) -> Outputs | None:
        """Return the detection of a tombstone; None for a window; raise MessageError if it is neither."""
        if len(delivery.body) >= WINDOW_BYTES:
            return None
        window = AudioWindow.decode(delivery.body)
        return None if window.pcm is not None else self._passed_on(window)

    def room_of(self, delivery: Delivery) -> str | None:
        """Return the room of a window; None for what needs no model, may wait or is the self-test's.

        Raises:
            MessageError: The bytes are not a window.
        """
        window = AudioWindow.decode(delivery.body)
        mic = window.header.mic
        return None if window.pcm is None or window.header.source_waits or not is_room(mic) else mic

    def give_up(self, delivery: Delivery, detail: str) -> Outputs:
        """Return a tombstone for a window that cannot be classified in time; raise MessageError if it is none."""
        header = AudioWindow.decode(delivery.body).header

        def count() -> None:
            self._count_tombstone(header.mic)
            self.metrics.overloaded_windows.labels(header.mic).inc()

        tombstone = Detection(header=header, tombstone=Tombstone(TombstoneReason.OVERLOADED, detail))
        return ProvisionalOutputs(bodies=[tombstone.encode()], confirm=count)

    def _passed_on(self, window: AudioWindow) -> Outputs:
        detection = Detection(header=window.header, tombstone=window.tombstone)
        return ProvisionalOutputs(
            bodies=[detection.encode()], confirm=partial(self._count_tombstone, window.header.mic)
        )

    def _count_tombstone(self, mic: str) -> None:
        if is_room(mic):
            self.metrics.tombstones.labels(mic).inc()
