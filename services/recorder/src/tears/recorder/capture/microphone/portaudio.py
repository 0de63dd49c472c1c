"""Find PortAudio's devices. Only the capturing processes import this module.

PortAudio makes its list of devices once in a process, and a refresh ends every capture in that process.
"""

import contextlib
from dataclasses import dataclass
from typing import Any

from tears.recorder.capture.microphone.device_names import lasting_name
from tears.recorder.errors import SourceError

# The first is the rate to capture at if the device offers it; then come the other usual ones.
_USUAL_RATES_HZ = (48_000, 44_100, 32_000, 22_050, 16_000, 8_000)
# 16 and 24 bits of a device fit into it unchanged.
PORTAUDIO_INT32 = "int32"


@dataclass(frozen=True)
class CaptureDevice:
    """A device that can capture.

    Its `index` is valid in this process only; `channels` are the most that it has. A card is not one of the devices of
    ALSA or of a sound server that lead to it.
    """

    index: int
    name: str
    channels: int
    default_rate_hz: int
    is_card: bool


def load_portaudio() -> Any:
    """Return the module sounddevice.

    Raises:
        SourceError: PortAudio is not installed; the message says how to install it.
    """
    try:
        # It has no types. Only what captures needs PortAudio.
        import sounddevice  # type: ignore[import-untyped] # noqa: PLC0415
    except OSError as error:
        raise SourceError(
            f"microphones need PortAudio ({error}): sudo apt install libportaudio2; "
            "or play a recording with TEARS_RECORDER_INPUT"
        ) from error
    return sounddevice


def find_devices(portaudio: Any) -> tuple[list[CaptureDevice], int | None]:
    """Return the devices that can capture, and the position of the default one."""
    devices: list[CaptureDevice] = []
    default_at = None
    for index, info in enumerate(portaudio.query_devices()):
        if info["max_input_channels"] < 1:
            continue
        if index == portaudio.default.device[0]:
            default_at = len(devices)
        name = lasting_name(info["name"])
        # Only the name of a card ends in ALSA's numbers.
        is_card = name != info["name"]
        rate_hz = round(info["default_samplerate"])
        devices.append(CaptureDevice(index, name, info["max_input_channels"], rate_hz, is_card))
    return devices, default_at


def choose_rate(portaudio: Any, device: CaptureDevice, channels: int, wanted_hz: int | None) -> int:
    """Return a rate that the device takes: the wanted one if given; else 48 kHz, its default, or another.

    Raises:
        portaudio.PortAudioError: The device takes none of them.
    """
    candidates = [wanted_hz] if wanted_hz else [_USUAL_RATES_HZ[0], device.default_rate_hz, *_USUAL_RATES_HZ[1:]]
    for rate_hz in candidates[:-1]:
        with contextlib.suppress(portaudio.PortAudioError):
            portaudio.check_input_settings(device.index, channels, PORTAUDIO_INT32, samplerate=rate_hz)
            return rate_hz
    portaudio.check_input_settings(device.index, channels, PORTAUDIO_INT32, samplerate=candidates[-1])
    return candidates[-1]
