"""Capture one stream in a process of its own, and write frames to a pipe until the stream ends or nobody reads.

    python -m tears.recorder.capture.camera.stream_program PIPE

It reads the URL from its standard input, because the URL may hold a password. The recorder kills it and starts another
one whenever anything is wrong, so it repairs nothing itself.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS
from tears.kit.secrets_in_text import without_passwords
from tears.recorder.capture.capture_plan import RTSP_SCHEMES, scheme_of
from tears.recorder.capture.child_process.child_program import report_fault, write_frame
from tears.recorder.capture.child_process.frames import RawBlock, SoundFormat
from tears.recorder.errors import CaptureError, DeviceAbsentError, SourceError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

# The limit for each of two steps, to connect and to find the streams, and for each packet after them.
STREAM_TIMEOUT_SECONDS = 10.0
# The same as from a device: 16 bits fit into it unchanged, and the recorder rounds to int16.
_AV_INT32 = "s32"


def main() -> None:
    """Read the arguments and capture."""
    pipe, url = int(sys.argv[1]), sys.stdin.read()
    forget_proxies()
    capture = functools.partial(listen, url, pipe)
    report_fault(pipe, capture, lambda error: f"{without_passwords(url)}: {_reason(error)}")


def forget_proxies() -> None:
    """Remove the proxies from our environment, where FFmpeg looks for them: a camera is in the house."""
    for name in [one for one in os.environ if one.lower().endswith("_proxy")]:
        del os.environ[name]


def listen(url: str, pipe: int) -> None:
    """Block until the stream is over.

    Raises:
        DeviceAbsentError: Nothing answers at the URL, or nothing that the decoder understands.
        CaptureError: The stream has no sound, or it has ended.
        SourceError: The package av is not installed.
        BrokenPipeError: Nobody reads.
        Exception: Whatever the decoder raises.
    """
    shown = without_passwords(url)
    try:
        # Only a recorder that listens to a camera needs this package.
        import av  # noqa: PLC0415
    except ImportError as error:
        raise SourceError(f"{shown} needs the package av ({error}): make rtsp") from error
    # Ask a camera for its sound only: pictures would cost the network a hundred times as much.
    only_sound = {"rtsp_transport": "tcp", "allowed_media_types": "audio"}
    options = only_sound if scheme_of(url) in RTSP_SCHEMES else {}
    try:
        container = av.open(url, options=options, timeout=(STREAM_TIMEOUT_SECONDS, STREAM_TIMEOUT_SECONDS))
    except av.ExitError as error:
        raise DeviceAbsentError(f"{shown} has not answered within {STREAM_TIMEOUT_SECONDS:.0f} s") from error
    except (av.FFmpegError, OSError) as error:
        raise DeviceAbsentError(f"{shown} cannot be listened to: {_reason(error)}") from error
    with container:
        if not container.streams.audio:
            raise CaptureError(
                f"{shown} has no sound; switch on its microphone, or give the URL of a stream with sound"
            )
        try:
            _pass_on(container, shown, pipe)
        except av.ExitError as error:
            raise CaptureError(f"{shown} has given nothing for {STREAM_TIMEOUT_SECONDS:.0f} s") from error
    raise CaptureError(f"{shown} has gone: its stream is over")


def _pass_on(container: InputContainer, shown: str, pipe: int) -> None:
    """Decode the first stream with sound; send its format as soon as the first sound is there."""
    import av  # noqa: PLC0415 - see `listen`

    stream = container.streams.audio[0]
    resampler = av.AudioResampler(_AV_INT32)
    is_begun = False
    lost_samples = damaged_packets = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            if is_begun:
                damaged_packets += 1
                lost_samples += max(1, _length_samples(packet, stream.rate))
            continue
        for frame in frames:
            # A stream that changes its rate or channels on the way raises here: the next session has the new ones.
            for whole in resampler.resample(frame):
                if not is_begun:
                    write_frame(pipe, _format(whole, shown))
                    is_begun = True
                pcm = whole.to_ndarray().tobytes()
                write_frame(pipe, RawBlock(lost_samples, damaged_packets, pcm))
                lost_samples = damaged_packets = 0


def _format(frame: av.AudioFrame, shown: str) -> SoundFormat:
    channels = frame.layout.nb_channels
    if not LOWEST_RATE_HZ <= frame.sample_rate <= HIGHEST_RATE_HZ or not 1 <= channels <= MOST_CHANNELS:
        raise CaptureError(
            f"{shown} has {frame.sample_rate} Hz and {channels} channels; the recorder takes {LOWEST_RATE_HZ} to "
            f"{HIGHEST_RATE_HZ} Hz and 1 to {MOST_CHANNELS} channels"
        )
    return SoundFormat(shown, frame.sample_rate, channels)


def _length_samples(packet: av.Packet[av.AudioStream], sample_rate_hz: int) -> int:
    if packet.duration is None or packet.time_base is None:
        return 0
    return round(packet.duration * packet.time_base * sample_rate_hz)


def _reason(error: Exception) -> str:
    """Return the reason without the URL, which the decoder's errors repeat with its password."""
    return getattr(error, "strerror", None) or without_passwords(str(error)) or type(error).__name__


if __name__ == "__main__":
    main()
