"""Names of devices that survive a reboot, and which device they mean."""

import pytest

from tears.recorder.capture.microphone.device_names import (
    choose_device,
    devices_to_try,
    lasting_name,
    note_about_default,
)
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
def test_the_numbers_that_change_at_a_reboot_are_removed(name: str, lasting: str) -> None:
    assert lasting_name(name) == lasting


@pytest.mark.parametrize(
    ("wanted", "at"), [("USB PnP Sound Device: Audio", 1), ("usb pnp", 1), ("camera", 2), ("PULSE", 3), ("default", 3)]
)
def test_a_name_a_part_of_it_or_default_means_one_device(wanted: str, at: int) -> None:
    assert choose_device(wanted, NAMES, default=3) == at


def test_a_whole_name_is_preferred_to_a_part_of_another() -> None:
    assert choose_device("mic", ["mic array", "mic"], default=0) == 1


def test_a_part_of_several_names_is_an_error_that_lists_them() -> None:
    with pytest.raises(DeviceAbsentError, match="'usb' may mean any of: USB PnP Sound Device: Audio; USB Camera"):
        choose_device("usb", NAMES, default=0)


def test_an_unknown_name_is_an_error_that_lists_the_devices() -> None:
    with pytest.raises(DeviceAbsentError, match=r"no microphone is called 'blue'; microphones found: HDA .*; pulse"):
        choose_device("blue", NAMES, default=0)


def test_a_machine_without_any_device_has_no_default_microphone() -> None:
    with pytest.raises(DeviceAbsentError, match="no default microphone; microphones found: none at all"):
        choose_device("default", [], default=None)


def test_two_devices_with_the_same_name_are_an_error_with_the_cure() -> None:
    with pytest.raises(
        DeviceAbsentError, match="2 microphones have the same name 'USB'; give their sound cards different names"
    ):
        choose_device("usb", ["USB", "USB"], default=0)


def test_default_among_several_cards_gives_a_note_with_their_names_and_how_to_choose() -> None:
    assert note_about_default("Default", ["USB PnP: Audio", "Camera: Audio"]) == (
        "there are 2 microphones: USB PnP: Audio; Camera: Audio; choose one of them with TEARS_RECORDER_DEVICE"
    )


@pytest.mark.parametrize(
    ("wanted", "cards"),
    [("default", ["USB PnP: Audio"]), ("default", []), ("pnp", ["USB PnP: Audio", "Camera: Audio"])],
)
def test_there_is_no_note_where_a_device_is_named_or_there_is_no_choice(wanted: str, cards: list[str]) -> None:
    assert note_about_default(wanted, cards) == ""


@pytest.mark.parametrize(
    ("names", "default", "cards", "tried"),
    [
        # A Raspberry Pi: the default leads to the HDMI output, and there is one microphone.
        (["USB PnP: Audio", "default"], 1, [0], [1, 0]),
        (["USB PnP: Audio", "sysdefault"], None, [0], [0]),
        (["roommic"], None, [], [0]),
        # Somebody has to choose between two.
        (["USB PnP: Audio", "Camera: Audio", "default"], 2, [0, 1], [2]),
        (["USB PnP: Audio"], 0, [0], [0]),
    ],
)
def test_for_default_the_only_device_that_captures_is_taken_if_the_systems_does_not(
    names: list[str], default: int | None, cards: list[int], tried: list[int]
) -> None:
    assert devices_to_try("Default", names, default, cards) == tried


def test_a_device_that_was_named_is_never_replaced_by_another() -> None:
    assert devices_to_try("pulse", NAMES, 0, [1]) == [3]
    with pytest.raises(DeviceAbsentError, match="no microphone is called 'blue'"):
        devices_to_try("blue", ["USB PnP: Audio"], None, [0])


def test_several_microphones_and_no_default_are_listed() -> None:
    with pytest.raises(DeviceAbsentError, match="no default microphone; microphones found: USB; Camera"):
        devices_to_try("default", ["USB", "Camera"], None, [0, 1])
