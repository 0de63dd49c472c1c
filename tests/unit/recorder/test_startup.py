"""What the registry says of a microphone before its first session."""

import os

import pytest

from tears.kit.settings import load_settings
from tears.recorder.settings import RecorderSettings
from tears.recorder.startup import first_registration


@pytest.mark.parametrize("variable", ["TEARS_RECORDER_INPUT", "TEARS_RECORDER_DEVICE"])
def test_a_name_that_is_not_utf_8_can_be_registered(variable: str) -> None:
    settings = load_settings(RecorderSettings, {variable: os.fsdecode(b"/media/n\xe4cht.wav")})
    assert "nächt.wav" in first_registration(settings).record.encode().decode()


def test_a_registration_shows_no_password_of_a_stream() -> None:
    settings = load_settings(RecorderSettings, {"TEARS_RECORDER_INPUT": "rtsp://parent:secret@camera/nursery"})
    assert b"secret" not in first_registration(settings).record.encode()
