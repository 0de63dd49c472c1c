"""How to listen to a microphone of this machine, by its name."""

from __future__ import annotations

from tears.recorder.capture.child_process.capture_process import CapturePlan
from tears.recorder.capture.microphone.device_names import DeviceChoice


def device_plan(choice: DeviceChoice) -> CapturePlan:
    """Return the plan for a device of this machine."""
    return CapturePlan(
        description=choice.device,
        module="tears.recorder.capture.microphone.device_program",
        arguments=(choice.device, str(choice.sample_rate_hz or 0), str(choice.channels)),
        dead_after_seconds=2.0,
        # A slow board with many devices needs time to look at all of them.
        open_seconds=15.0,
        # A device that comes back is in use again within this and the time to open it.
        longest_pause_seconds=1.5,
    )
