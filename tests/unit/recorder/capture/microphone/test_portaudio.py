"""The devices that are found in PortAudio's list."""

from types import SimpleNamespace

from tears.recorder.capture.microphone.portaudio import find_devices


def listed(name: str, channels: int = 1) -> dict[str, object]:
    return {"name": name, "max_input_channels": channels, "default_samplerate": 44_100.0}


def test_sound_cards_are_marked_and_devices_that_only_play_are_left_out() -> None:
    names = [listed("HDMI: 0 (hw:0,0)", 0), listed("USB PnP: Audio (hw:1,0)"), listed("default", 32)]
    portaudio = SimpleNamespace(query_devices=lambda: names, default=SimpleNamespace(device=(2, 0)))

    devices, default = find_devices(portaudio)

    assert [(one.index, one.name, one.is_card) for one in devices] == [
        (1, "USB PnP: Audio", True),
        (2, "default", False),
    ]
    assert default == 1
