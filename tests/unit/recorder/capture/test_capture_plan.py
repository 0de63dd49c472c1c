"""The recorder's ways to listen to a microphone or to a stream."""

import pytest

from tears.recorder.capture.capture_plan import WITH_PICTURES, device_plan, scheme_of, stream_plan


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


def test_a_camera_can_be_asked_in_another_way_and_a_microphone_or_a_web_stream_cannot() -> None:
    camera = stream_plan("rtsp://cam/1")
    assert [one.arguments for one in (camera, camera.the_other_way())] == [(), (WITH_PICTURES,)]
    assert camera.the_other_way().the_other_way() == camera
    for plan in (stream_plan("http://cam/1"), device_plan("USB", None, 1)):
        assert plan.the_other_way() is plan
