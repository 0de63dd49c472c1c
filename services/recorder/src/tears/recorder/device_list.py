"""List the microphones of this machine, one line of JSON each: `python -m tears.recorder.device_list [SECONDS]`.

With SECONDS it listens to each microphone for this time and shows how loud it was. A device that hangs delays those
after it, so the caller should set a time limit. If PortAudio is missing, the exit status is 1, with one line
on standard error.
"""

import contextlib
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tears.audio.format import int16_from_int32
from tears.recorder.capture.microphone.device_names import DEFAULT_DEVICE, devices_to_try
from tears.recorder.capture.microphone.portaudio import (
    PORTAUDIO_INT32,
    CaptureDevice,
    choose_rate,
    find_devices,
    load_portaudio,
)
from tears.recorder.capture.sound_stats import sound_stats
from tears.recorder.errors import DeviceAbsentError, SourceError


def main() -> None:
    """Print the list."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    try:
        portaudio = load_portaudio()
    except SourceError as error:
        sys.exit(str(error))
    devices, default = find_devices(portaudio)
    chosen = _default_of(devices, default)
    for at, device in enumerate(devices):
        line = {"name": device.name, "channels": device.channels, "default": at == chosen}
        print(json.dumps(line | _measured(portaudio, device, seconds)), flush=True)  # noqa: T201 - the program's output


def _default_of(devices: Sequence[CaptureDevice], default: int | None) -> int | None:
    """Return the position of the device that `default` means; None if it means none."""
    cards = [at for at, one in enumerate(devices) if one.is_card]
    with contextlib.suppress(DeviceAbsentError):
        return devices_to_try(DEFAULT_DEVICE, [one.name for one in devices], default, cards)[0]
    return None


def _measured(portaudio: Any, device: CaptureDevice, seconds: float) -> dict[str, Any]:
    """Return the rate at which the recorder would capture, and the level; or the fault."""
    try:
        rate_hz = choose_rate(portaudio, device, 1, None)
        if not seconds:
            return {"rate_hz": rate_hz}
        with portaudio.RawInputStream(
            samplerate=rate_hz, device=device.index, channels=1, dtype=PORTAUDIO_INT32
        ) as stream:
            sound, _ = stream.read(round(seconds * rate_hz))
    except portaudio.PortAudioError as error:
        return {"rate_hz": device.default_rate_hz, "fault": str(error)}
    frames = int16_from_int32(np.frombuffer(sound, np.int32)).reshape(-1, 1)
    return {"rate_hz": rate_hz, "level_dbfs": sound_stats(frames, rate_hz).level_dbfs}


if __name__ == "__main__":
    main()
