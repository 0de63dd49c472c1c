"""Capture one device in a process of its own, and write frames to a pipe until the device is gone or nobody reads.

    python -m tears.recorder.capture.microphone.device_program DEVICE RATE CHANNELS PIPE

A RATE of 0 means the device's own. The recorder kills the process and starts another one whenever anything is wrong, so
it repairs nothing itself.
"""

import contextlib
import functools
import os
import queue
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any

from tears.recorder.capture.child_process.child_program import report_fault, write_frame
from tears.recorder.capture.child_process.frames import Fault, RawBlock, SoundFormat
from tears.recorder.capture.microphone.device_names import devices_to_try, note_about_default
from tears.recorder.capture.microphone.portaudio import (
    PORTAUDIO_INT32,
    CaptureDevice,
    choose_rate,
    find_devices,
    load_portaudio,
)
from tears.recorder.capture.microphone.sound_nodes import why_no_microphone
from tears.recorder.errors import CaptureError, DeviceAbsentError

# How much sound the device passes on at once.
DEVICE_BLOCK_SECONDS = 0.1
# How much sound PortAudio and the driver may hold.
DEVICE_LATENCY_SECONDS = 0.4
# Kept while the recorder does not read: 10 s.
QUEUE_BLOCKS = 100
_INT32_BYTES = 4


class BlockQueue:
    """Hold blocks between PortAudio's thread and the pipe, and count what does not fit."""

    def __init__(self, frame_bytes: int, sample_rate_hz: int) -> None:
        self._frame_bytes = frame_bytes
        self._sample_rate_hz = sample_rate_hz
        self._queue: queue.Queue[tuple[RawBlock, float, bool]] = queue.Queue(QUEUE_BLOCKS)
        self._unqueued_samples = 0
        self._unqueued_blocks = 0
        self._last_at_seconds: float | None = None
        # PortAudio sets it at the end of the stream.
        self.ended = threading.Event()

    def put(self, sound: Any, samples: int, _time: Any, status: Any) -> None:
        """Copy, enqueue and count, and nothing more: this is PortAudio's callback."""
        block = RawBlock(self._unqueued_samples, self._unqueued_blocks, bytes(sound))
        try:
            self._queue.put_nowait((block, time.monotonic(), bool(status.input_overflow)))
        except queue.Full:
            self._unqueued_samples += samples
            self._unqueued_blocks += 1
        else:
            self._unqueued_samples = self._unqueued_blocks = 0

    def next(self) -> RawBlock | None:
        """Return the next block; None if none came for a while."""
        try:
            block, at_seconds, has_overflowed = self._queue.get(timeout=DEVICE_BLOCK_SECONDS)
        except queue.Empty:
            return None
        samples = len(block.pcm) // self._frame_bytes
        if has_overflowed:
            # PortAudio does not say how much it lost. The gap is as long as the time since the block before, less what
            # did not fit into the queue.
            passed_seconds = 0.0 if self._last_at_seconds is None else at_seconds - self._last_at_seconds
            fitting_samples = round(passed_seconds * self._sample_rate_hz) - samples - block.lost_samples
            block = RawBlock(block.lost_samples + max(1, fitting_samples), block.overflows + 1, block.pcm)
        self._last_at_seconds = at_seconds
        return block


def main() -> None:
    """Read the arguments and capture."""
    device, (rate, channels, pipe) = sys.argv[1], map(int, sys.argv[2:])
    capture = functools.partial(capture_device, device, rate or None, channels, pipe)
    report_fault(pipe, capture, lambda error: f"{device}: {error}")


def capture_device(wanted: str, rate_hz: int | None, most_channels: int, pipe: int) -> None:
    """Block until the stream is over; then the process exits at once.

    Raises:
        DeviceAbsentError: There is no such device.
        SourceError: PortAudio is not installed.
        BrokenPipeError: Nobody reads.
        Exception: Whatever PortAudio raises.
    """
    portaudio = load_portaudio()
    devices, default = find_devices(portaudio)
    try:
        cards = [at for at, one in enumerate(devices) if one.is_card]
        tried = [devices[at] for at in devices_to_try(wanted, [one.name for one in devices], default, cards)]
    except DeviceAbsentError as error:
        if devices:
            raise
        raise DeviceAbsentError(f"{error}: {why_no_microphone()}") from error
    device, channels, rate = first_that_opens(portaudio, tried, most_channels, rate_hz)
    blocks = BlockQueue(_INT32_BYTES * channels, rate)
    stream = portaudio.RawInputStream(
        samplerate=rate,
        blocksize=round(DEVICE_BLOCK_SECONDS * rate),
        device=device.index,
        channels=channels,
        dtype=PORTAUDIO_INT32,
        latency=DEVICE_LATENCY_SECONDS,
        callback=blocks.put,
        finished_callback=blocks.ended.set,
        clip_off=True,
        dither_off=True,
    )
    with stream:
        note = note_about_default(wanted, [one.name for one in devices if one.is_card])
        write_frame(pipe, SoundFormat(device.name, rate, channels, note))
        while True:
            block = blocks.next()
            if block is not None:
                write_frame(pipe, block)
            elif blocks.ended.is_set():
                write_frame(pipe, Fault.of(CaptureError(f"{device.name} has gone: its stream is over")))
                # Closing a device that is gone may hang forever.
                os._exit(0)


def first_that_opens(
    portaudio: Any, devices: Sequence[CaptureDevice], most_channels: int, rate_hz: int | None
) -> tuple[CaptureDevice, int, int]:
    """Return the first device that can be opened, its channels and its rate; raise what the last one raises."""
    for device in devices[:-1]:
        with contextlib.suppress(portaudio.PortAudioError):
            channels = min(most_channels, device.channels)
            return device, channels, choose_rate(portaudio, device, channels, rate_hz)
    device = devices[-1]
    channels = min(most_channels, device.channels)
    return device, channels, choose_rate(portaudio, device, channels, rate_hz)


if __name__ == "__main__":
    main()
