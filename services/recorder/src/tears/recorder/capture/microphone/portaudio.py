"""PortAudio's devices. Imported only by processes of their own: PortAudio looks for devices once a process.

The list is frozen when PortAudio starts, and refreshing it kills what is being captured.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from tears.recorder.capture.microphone.device_names import lasting_name
from tears.recorder.errors import SourceError

# What speech and cries are captured at where the device has the choice; then the usual others.
RATES_HZ = (48_000, 44_100, 32_000, 22_050, 16_000, 8_000)
# All that a device has: 16 and 24 bits lie in it as they are.
SAMPLES = "int32"


@dataclass(frozen=True)
class Device:
    """One that can capture.

    Attributes:
        index: PortAudio's, good for this process only.
        name: the lasting one.
        channels: the most that it has.
        default_rate_hz: its own.
        is_card: a sound card itself, not a way to one that ALSA or a sound server offers.
    """

    index: int
    name: str
    channels: int
    default_rate_hz: int
    is_card: bool


def load_portaudio() -> Any:
    """The module sounddevice.

    Raises:
        SourceError: it, or PortAudio itself, is not installed; the message says how it is.
    """
    try:
        # No types of its own; nothing needs PortAudio unless it captures.
        import sounddevice  # type: ignore[import-untyped] # noqa: PLC0415
    except OSError as error:
        raise SourceError(
            f"microphones need PortAudio ({error}): sudo apt install libportaudio2; "
            "or play a recording with TEARS_RECORDER_INPUT"
        ) from error
    return sounddevice


def find_devices(portaudio: Any) -> tuple[list[Device], int | None]:
    """The devices that can capture, and the position of the default one."""
    devices: list[Device] = []
    default_at = None
    default_index = _default_index(portaudio)
    for index, info in enumerate(portaudio.query_devices()):
        if info["max_input_channels"] < 1:
            continue
        if index == default_index:
            default_at = len(devices)
        name = lasting_name(info["name"])
        devices.append(
            Device(
                index=index,
                name=name,
                channels=info["max_input_channels"],
                default_rate_hz=round(info["default_samplerate"]),
                # ALSA's numbers stand behind a card's name only.
                is_card=name != info["name"],
            )
        )
    return devices, default_at


def choose_rate(portaudio: Any, device: Device, channels: int, wanted_hz: int | None) -> int:
    """A rate that the device takes: the one wanted, 48 kHz, its default, or another.

    Raises:
        portaudio.PortAudioError: it takes none.
    """
    candidates = [wanted_hz] if wanted_hz else [RATES_HZ[0], device.default_rate_hz, *RATES_HZ[1:]]
    for rate_hz in candidates[:-1]:
        with contextlib.suppress(portaudio.PortAudioError):
            portaudio.check_input_settings(device.index, channels, SAMPLES, samplerate=rate_hz)
            return rate_hz
    portaudio.check_input_settings(device.index, channels, SAMPLES, samplerate=candidates[-1])
    return candidates[-1]


def _default_index(portaudio: Any) -> int | None:
    index = int(portaudio.default.device[0])
    if index < 0:
        return None
    return index
