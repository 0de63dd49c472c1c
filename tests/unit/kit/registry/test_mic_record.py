import msgspec
import pytest

from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import MicRecord

RECORD = MicRecord(mic="nursery", sample_rate_hz=48_000, channels=1, device="usb", session="s", heartbeat_seconds=0.0)


def with_state(state: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(RECORD.encode()), "state": state})


@pytest.mark.parametrize("state", list(MicState))
def test_each_state_is_read_as_it_was_written(state: MicState) -> None:
    assert msgspec.json.decode(with_state(state.value), type=MicRecord).state is state


def test_a_state_that_only_a_newer_release_knows_reads_as_listening() -> None:
    assert msgspec.json.decode(with_state("humming"), type=MicRecord).state is MicState.LISTENING


def test_a_state_that_is_not_text_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(with_state(3), type=MicRecord)
