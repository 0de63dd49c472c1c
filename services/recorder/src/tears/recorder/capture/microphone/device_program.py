"""Captures one device and writes frames to a pipe, until the device is gone or nobody reads: a process of its own.

    python -m tears.recorder.capture.microphone.device_program DEVICE RATE CHANNELS PIPE

A RATE of 0 means the device's own. The process is killed and started again whenever anything is wrong, so it mends
nothing itself.
"""

from __future__ import annotations

import os
import queue
import sys
import time
from typing import Any

from tears.recorder.capture.child_process.child_program import die_with_parent, write_frame
from tears.recorder.capture.child_process.frames import ABSENT, BROKEN, UNUSABLE, Fault, RawBlock, SoundFormat
from tears.recorder.capture.microphone.device_names import choose_device, doubt
from tears.recorder.capture.microphone.portaudio import SAMPLES, choose_rate, find_devices, load_portaudio
from tears.recorder.capture.microphone.sound_nodes import why_none
from tears.recorder.errors import DeviceAbsentError, SourceError

# How often the device hands something on.
BLOCK_SECONDS = 0.1
# What PortAudio and the driver may hold between them.
LATENCY_SECONDS = 0.4
# Held while the recorder does not read: 10 s.
QUEUE_BLOCKS = 100
BYTES_PER_SAMPLE = 4  # of int32


class Blocks:
    """Stands between PortAudio's thread and the pipe, and counts what does not fit."""

    def __init__(self, frame_bytes: int, sample_rate_hz: int) -> None:
        self._frame_bytes = frame_bytes
        self._sample_rate_hz = sample_rate_hz
        self._queue: queue.Queue[tuple[RawBlock, float, bool]] = queue.Queue(QUEUE_BLOCKS)
        self._unqueued_samples = 0
        self._unqueued_blocks = 0
        self._last_at_seconds: float | None = None
        self.has_ended = False

    def put(self, sound: Any, samples: int, _time: Any, status: Any) -> None:
        """PortAudio's callback: copies, enqueues, counts; nothing more."""
        block = RawBlock(self._unqueued_samples, self._unqueued_blocks, bytes(sound))
        try:
            self._queue.put_nowait((block, time.monotonic(), bool(status.input_overflow)))
        except queue.Full:
            self._unqueued_samples += samples
            self._unqueued_blocks += 1
        else:
            self._unqueued_samples = self._unqueued_blocks = 0

    def end(self) -> None:
        """PortAudio's word that the stream is over."""
        self.has_ended = True

    def next(self) -> RawBlock | None:
        """The next block; None if none came for a while."""
        try:
            block, at_seconds, has_overflowed = self._queue.get(timeout=BLOCK_SECONDS)
        except queue.Empty:
            return None
        samples = len(block.pcm) // self._frame_bytes
        if has_overflowed:
            # PortAudio does not say how much it lost: as much as fits into the time since the block before, beside what
            # did not fit into the queue.
            passed_seconds = 0.0 if self._last_at_seconds is None else at_seconds - self._last_at_seconds
            fitting_samples = round(passed_seconds * self._sample_rate_hz) - samples - block.lost_samples
            block = RawBlock(block.lost_samples + max(1, fitting_samples), block.overflows + 1, block.pcm)
        self._last_at_seconds = at_seconds
        return block


def main() -> None:
    """See the module."""
    device, rate, channels, pipe = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    die_with_parent()
    try:
        capture(device, rate or None, channels, pipe)
    except DeviceAbsentError as error:
        write_frame(pipe, Fault(ABSENT, str(error)).frame())
    except SourceError as error:
        write_frame(pipe, Fault(UNUSABLE, str(error)).frame())
    except BrokenPipeError:
        pass
    except Exception as error:  # noqa: BLE001 - the edge of the process: the recorder says it, and starts another
        write_frame(pipe, Fault(BROKEN, f"{device}: {error}").frame())


def capture(wanted: str, rate_hz: int | None, most_channels: int, pipe: int) -> None:
    """Blocks until the stream is over.

    Raises:
        DeviceAbsentError: there is no such device.
        SourceError: nothing can be captured here at all.
        BrokenPipeError: nobody reads.
        Exception: whatever PortAudio raises.
    """
    portaudio = load_portaudio()
    devices, default = find_devices(portaudio)
    try:
        device = devices[choose_device(wanted, [one.name for one in devices], default)]
    except DeviceAbsentError as error:
        if devices:
            raise
        raise DeviceAbsentError(f"{error}: {why_none()}") from error
    channels = min(most_channels, device.channels)
    rate = choose_rate(portaudio, device, channels, rate_hz)
    blocks = Blocks(BYTES_PER_SAMPLE * channels, rate)
    stream = portaudio.RawInputStream(
        samplerate=rate,
        blocksize=round(BLOCK_SECONDS * rate),
        device=device.index,
        channels=channels,
        dtype=SAMPLES,
        latency=LATENCY_SECONDS,
        callback=blocks.put,
        finished_callback=blocks.end,
        clip_off=True,
        dither_off=True,
    )
    with stream:
        note = doubt(wanted, [one.name for one in devices if one.is_card])
        write_frame(pipe, SoundFormat(device.name, rate, channels, note).frame())
        while True:
            block = blocks.next()
            if block is not None:
                write_frame(pipe, block.frame())
            elif blocks.has_ended:
                write_frame(pipe, Fault(BROKEN, f"{device.name} has gone: its stream is over").frame())
                # Closing what is left of a lost device may never return.
                os._exit(0)


if __name__ == "__main__":
    main()
