"""What the registry is to say of this microphone: one thread captures and writes it, another publishes and reads it."""

from __future__ import annotations

import msgspec

from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord


class Registration:
    """Always whole: a record is replaced, never changed."""

    def __init__(self, record: MicRecord) -> None:
        self._record = record

    @property
    def record(self) -> MicRecord:
        """The newest; its heartbeat is for the reader to fill in."""
        return self._record

    def begin(self, record: MicRecord) -> None:
        """A new session; the microphone's state stays as it was told."""
        self._record = msgspec.structs.replace(record, state=self._record.state)

    def tell(self, state: MicState) -> None:
        """What is heard has changed."""
        self._record = msgspec.structs.replace(self._record, state=state.value)
