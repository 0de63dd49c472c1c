"""The record of this microphone for the registry: the capture thread writes it, and the publisher reads it."""

import msgspec

from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord


class Registration:
    """Hold the newest record, whose heartbeat the reader fills in.

    It is replaced, never changed, so a reader never sees half of a change.
    """

    def __init__(self, record: MicRecord) -> None:
        self.record = record

    def begin_session(self, record: MicRecord) -> None:
        """Take the record of a new session; the microphone's state stays what it was."""
        self.record = msgspec.structs.replace(record, state=self.record.state)

    def set_state(self, state: MicState) -> None:
        """Take a new state of the microphone."""
        self.record = msgspec.structs.replace(self.record, state=state)
