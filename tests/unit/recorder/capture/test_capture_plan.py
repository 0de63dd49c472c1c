"""How the recorder listens to a microphone or to a stream."""

import pytest

from tears.recorder.capture.capture_plan import device_plan, scheme_of, stream_plan


@pytest.mark.parametrize(("rate_hz", "argument"), [(16_000, "16000"), (None, "0")])
def test_a_device_is_captured_by_name_at_the_wanted_rate_or_its_own(rate_hz: int | None, argument: str) -> None:
    plan = device_plan("USB", rate_hz, 2)

    assert (plan.description, plan.arguments, plan.secret) == ("USB", ("USB", argument, "2"), "")


def test_the_url_of_a_stream_is_a_secret_and_its_description_has_no_password() -> None:
    url = "rtsp://parent:hush@cam/1"
    plan = stream_plan(url)

    assert (plan.description, plan.arguments, plan.secret) == ("rtsp://***@cam/1", (), url)


@pytest.mark.parametrize(("text", "scheme"), [("RTSP://cam/1", "rtsp"), ("night.wav", ""), ("a:b.wav", "")])
def test_only_a_url_has_a_scheme(text: str, scheme: str) -> None:
    assert scheme_of(text) == scheme
