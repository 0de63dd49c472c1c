"""Listens to one stream and writes frames to a pipe, until the stream is over or nobody reads: a process of its own.

    python -m tears.recorder.capture.camera.stream_program PIPE

It reads the URL from its standard input, since the URL may hold a password. It is killed and started again whenever
anything is wrong, so it mends nothing itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tears.kit.settings import without_passwords
from tears.recorder.capture.camera.stream_urls import RTSP_SCHEMES, scheme_of
from tears.recorder.capture.child_process.child_program import die_with_parent, write_frame
from tears.recorder.capture.child_process.frames import ABSENT, BROKEN, UNUSABLE, Fault, RawBlock, SoundFormat
from tears.recorder.errors import CaptureError, DeviceAbsentError, SourceError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

# For each of two steps: to connect, and to find out what streams there are. For every packet after them as well.
TIMEOUT_SECONDS = 10.0
# All that a coding has, as a device's: the recorder rounds it to int16, and 16 bits lie in it as they are.
SAMPLES = "s32"
RATES_HZ = range(4_000, 384_001)
MOST_CHANNELS = 32


def main() -> None:
    """See the module."""
    pipe, url = int(sys.argv[1]), sys.stdin.read()
    die_with_parent()
    try:
        listen(url, pipe)
    except DeviceAbsentError as error:
        write_frame(pipe, Fault(ABSENT, str(error)).frame())
    except SourceError as error:
        write_frame(pipe, Fault(UNUSABLE, str(error)).frame())
    except CaptureError as error:
        write_frame(pipe, Fault(BROKEN, str(error)).frame())
    except BrokenPipeError:
        pass
    except Exception as error:  # noqa: BLE001 - the edge of the process: the recorder says it, and starts another
        write_frame(pipe, Fault(BROKEN, f"{without_passwords(url)}: {_reason(error)}").frame())


def listen(url: str, pipe: int) -> None:
    """Blocks until the stream is over.

    Raises:
        DeviceAbsentError: nothing that can be listened to answers there.
        CaptureError: it gives no sound, or none any more.
        SourceError: nothing can be listened to here at all.
        BrokenPipeError: nobody reads.
        Exception: whatever the decoder raises.
    """
    shown = without_passwords(url)
    try:
        # Nobody needs it but who listens to a camera.
        import av  # noqa: PLC0415
    except ImportError as error:
        raise SourceError(f"{shown} needs the package av ({error}): uv sync --inexact --extra rtsp") from error
    # Of a camera only the sound is asked for: pictures would cost the network a hundred times as much.
    only_sound = {"rtsp_transport": "tcp", "allowed_media_types": "audio"}
    options = only_sound if scheme_of(url) in RTSP_SCHEMES else {}
    try:
        container = av.open(url, options=options, timeout=(TIMEOUT_SECONDS, TIMEOUT_SECONDS))
    except av.ExitError as error:
        raise DeviceAbsentError(f"{shown} has not answered within {TIMEOUT_SECONDS:.0f} s") from error
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
            raise CaptureError(f"{shown} has given nothing for {TIMEOUT_SECONDS:.0f} s") from error
    raise CaptureError(f"{shown} has gone: its stream is over")


def _pass_on(container: InputContainer, shown: str, pipe: int) -> None:
    """Decodes the first stream with sound; its format is said once the first of it is there."""
    import av  # noqa: PLC0415 - see `listen`

    stream = container.streams.audio[0]
    resampler = av.AudioResampler(SAMPLES)
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
                    write_frame(pipe, _format(whole, shown).frame())
                    is_begun = True
                pcm = whole.to_ndarray().tobytes()
                write_frame(pipe, RawBlock(lost_samples, damaged_packets, pcm).frame())
                lost_samples = damaged_packets = 0


def _format(frame: av.AudioFrame, shown: str) -> SoundFormat:
    channels = frame.layout.nb_channels
    if frame.sample_rate not in RATES_HZ or not 1 <= channels <= MOST_CHANNELS:
        raise CaptureError(
            f"{shown} has {frame.sample_rate} Hz and {channels} channels; 4 to 384 kHz and 1 to 32 channels can be "
            "heard"
        )
    return SoundFormat(shown, frame.sample_rate, channels)


def _length_samples(packet: av.Packet[av.AudioStream], sample_rate_hz: int) -> int:
    if packet.duration is None or packet.time_base is None:
        return 0
    return round(packet.duration * packet.time_base * sample_rate_hz)


def _reason(error: Exception) -> str:
    """Without the URL, which the decoder's errors repeat as it is."""
    return getattr(error, "strerror", None) or without_passwords(str(error)) or type(error).__name__


if __name__ == "__main__":
    main()
