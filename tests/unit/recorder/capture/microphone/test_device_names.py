"""Names of devices that survive a reboot, and what they mean."""

from __future__ import annotations

import pytest

from tears.recorder.capture.microphone.device_names import choose_device, doubt, lasting_name
from tears.recorder.errors import DeviceAbsentError

NAMES = ["HDA Intel PCH: ALC269", "USB PnP Sound Device: Audio", "USB Camera: Audio", "pulse"]


@pytest.mark.parametrize(
    ("name", "lasting"),
    [
        ("USB PnP Sound Device: Audio (hw:1,0)", "USB PnP Sound Device: Audio"),
        ("HDA (rev 2): ALC269 (plughw:0,0)", "HDA (rev 2): ALC269"),
        ("pulse", "pulse"),
        ("(hw:1,0)", "(hw:1,0)"),
    ],
)
def test_the_numbers_that_change_at_a_reboot_are_left_out(name: str, lasting: str) -> None:
    assert lasting_name(name) == lasting


@pytest.mark.parametrize(
    ("wanted", "at"), [("USB PnP Sound Device: Audio", 1), ("usb pnp", 1), ("camera", 2), ("PULSE", 3), ("default", 3)]
)
def test_a_name_a_part_of_it_or_default_means_one_device(wanted: str, at: int) -> None:
    assert choose_device(wanted, NAMES, default=3) == at


def test_a_whole_name_goes_before_a_part() -> None:
    assert choose_device("mic", ["mic array", "mic"], default=0) == 1


def test_a_part_of_several_names_is_an_error_that_lists_them() -> None:
    with pytest.raises(DeviceAbsentError, match="'usb' may mean any of: USB PnP Sound Device: Audio; USB Camera"):
        choose_device("usb", NAMES, default=0)


def test_an_unknown_name_is_an_error_that_lists_what_there_is() -> None:
    with pytest.raises(DeviceAbsentError, match=r"no microphone is called 'blue'; microphones found: HDA .*; pulse"):
        choose_device("blue", NAMES, default=0)


def test_no_default_and_no_device_is_said_as_it_is() -> None:
    with pytest.raises(DeviceAbsentError, match="no default microphone; microphones found: none at all"):
        choose_device("default", [], default=None)


def test_two_devices_of_one_name_cannot_be_told_apart() -> None:
    with pytest.raises(DeviceAbsentError, match="2 microphones are called 'USB' and cannot be told apart"):
        choose_device("usb", ["USB", "USB"], default=0)


def test_default_among_several_cards_says_which_there_are_and_how_to_choose() -> None:
    assert doubt("Default", ["USB PnP: Audio", "Camera: Audio"]) == (
        "there are 2 microphones: USB PnP: Audio; Camera: Audio; say which one is meant with TEARS_RECORDER_DEVICE"
    )


@pytest.mark.parametrize(
    ("wanted", "cards"),
    [("default", ["USB PnP: Audio"]), ("default", []), ("pnp", ["USB PnP: Audio", "Camera: Audio"])],
)
def test_there_is_no_doubt_where_one_is_named_or_there_is_no_choice(wanted: str, cards: list[str]) -> None:
    assert doubt(wanted, cards) == ""
