"""Capture one stream in a process of its own, and write frames to a pipe until the stream ends or nobody reads.

    python -m tears.recorder.capture.camera.stream_program [with-pictures] PIPE

A camera is asked for its sound only. Some cameras answer that, and then send nothing; they are asked for their pictures
too, at once if the recorder already knows it. The URL comes from standard input, because it may hold a password. The
recorder kills this program and starts another one whenever anything is wrong, so it repairs nothing itself.
"""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, Any

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ, MOST_CHANNELS
from tears.kit.secrets_in_text import without_passwords
from tears.recorder.capture.capture_plan import RTSP_SCHEMES, WITH_PICTURES, scheme_of
from tears.recorder.capture.child_process.child_program import report_fault, write_frame
from tears.recorder.capture.child_process.frames import RawBlock, SoundFormat
from tears.recorder.errors import CaptureError, DeviceAbsentError, SourceError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

# The limit for each of two steps, to connect and to find the streams, and for each packet after them.
STREAM_TIMEOUT_SECONDS = 10.0
# The limit for each of the two steps while a camera can still be asked for its pictures too.
SOUND_ONLY_OPEN_SECONDS = 5.0
# The same as from a device: 16 bits fit into it unchanged, and the recorder rounds to int16.
_AV_INT32 = "s32"
_THROUGH_TCP = {"rtsp_transport": "tcp"}
# Pictures would cost the network a hundred times as much as the sound.
_SOUND_ONLY = _THROUGH_TCP | {"allowed_media_types": "audio"}
# A camera may send its first picture late, and its sound does not wait for that: look at the streams for 1 s.
_WITH_PICTURES = _THROUGH_TCP | {"analyzeduration": "1000000"}
# What a stream may make FFmpeg open, by scheme: a playlist from the network must not name files of this machine.
_RTSP_PROTOCOLS = "rtsp,rtsps,rtp,srtp,udp,tcp,tls"
_HTTP_PROTOCOLS = "http,https,tcp,tls,crypto,data"
_PROTOCOLS = dict.fromkeys(RTSP_SCHEMES, _RTSP_PROTOCOLS) | dict.fromkeys(("http", "https"), _HTTP_PROTOCOLS)
# What to do, by the name of the decoder's error: its own words do not say it.
_PROGRAM_CURES = {
    "InvalidDataError": "the answer is not sound; give the URL of the stream itself, not of the page of a camera",
    "HTTPNotFoundError": "check the path in the URL",
    "HTTPUnauthorizedError": "check the user and the password in the URL",
    "HTTPForbiddenError": "check the user and the password in the URL",
    "HTTPTooManyRequestsError": "too many clients ask it too often; close other programs that use it",
    "EOFError": "it answers with nothing; check the path in the URL",
    # A host that has no address or no route, and a URL that leads in a circle, all give this one.
    "OSError": "check the URL, and that the camera is on",
}


def main() -> None:
    """Read the arguments and capture."""
    *ways, pipe = sys.argv[1:]
    url = sys.stdin.read()
    forget_proxies()
    capture = functools.partial(listen, url, int(pipe), with_pictures=WITH_PICTURES in ways)
    report_fault(int(pipe), capture, lambda error: f"{without_passwords(url)}: {_reason(error)}")


def forget_proxies() -> None:
    """Remove the proxies from our environment, where FFmpeg looks for them: a camera is in the house."""
    for name in [one for one in os.environ if one.lower().endswith("_proxy")]:
        del os.environ[name]


def listen(url: str, pipe: int, *, with_pictures: bool = False) -> None:
    """Block until the stream is over.

    A camera that gives no sound alone is asked for sound and pictures, and the format that is sent says so.

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
    is_camera = scheme_of(url) in RTSP_SCHEMES
    if is_camera and not with_pictures:
        sender = _SoundSender(shown, pipe, with_pictures=False)
        try:
            _listen(url, _SOUND_ONLY, SOUND_ONLY_OPEN_SECONDS, sender)
        except (CaptureError, av.FFmpegError) as error:
            # Asking for more is of no use, and a camera locks out clients that try a wrong password too often.
            is_refused = isinstance(
                error.__cause__,
                (
                    ConnectionRefusedError,
                    av.error.HTTPUnauthorizedError,
                    av.error.HTTPForbiddenError,
                    av.error.HTTPNotFoundError,
                ),
            )
            if sender.is_begun or is_refused:
                raise
    options = _WITH_PICTURES if is_camera else {}
    _listen(url, options, STREAM_TIMEOUT_SECONDS, _SoundSender(shown, pipe, with_pictures=is_camera))


def _listen(url: str, options: dict[str, str], open_seconds: float, sender: _SoundSender) -> None:
    """Open the stream in one way, and pass its sound on until it is over; raises what `listen` raises."""
    import av  # noqa: PLC0415 - see `listen`

    shown = sender.shown
    options = options | {"protocol_whitelist": _PROTOCOLS.get(scheme_of(url), "file")}
    try:
        container = av.open(url, options=options, timeout=(open_seconds, STREAM_TIMEOUT_SECONDS))
    except av.ExitError as error:
        raise DeviceAbsentError(f"{shown} has not answered within {open_seconds:.0f} s") from error
    except (av.FFmpegError, OSError) as error:
        raise DeviceAbsentError(f"{shown} cannot be listened to: {_refusal(error)}") from error
    with container:
        if not container.streams.audio:
            raise CaptureError(
                f"{shown} has no sound; switch on its microphone, or give the URL of a stream with sound"
            )
        try:
            sender.pass_on(container)
        except av.ExitError as error:
            raise CaptureError(f"{shown} has given nothing for {STREAM_TIMEOUT_SECONDS:.0f} s") from error
    raise CaptureError(f"{shown} has gone: its stream is over")


class _SoundSender:
    """Send the sound of a stream to the recorder."""

    def __init__(self, shown: str, pipe: int, *, with_pictures: bool) -> None:
        self.shown = shown
        self.is_begun = False
        self._pipe = pipe
        self._with_pictures = with_pictures

    def pass_on(self, container: InputContainer) -> None:
        """Decode the track that gives sound first; send its format as soon as that sound is there.

        A camera may have several tracks: one in a format that nobody here decodes, or one for the other direction, for
        talking to the baby, which gives nothing.
        """
        import av  # noqa: PLC0415 - see `listen`

        tracks = [one for one in container.streams.audio if one.codec_context is not None]
        if not tracks:
            raise CaptureError(
                f"{self.shown} has its sound in a format that cannot be decoded; choose AAC or G.711 in its settings"
            )
        # Its place among all tracks, also those with pictures.
        heard: int | None = None
        resampler = av.AudioResampler(_AV_INT32)
        lost_samples = damaged_packets = 0
        for packet in container.demux(tracks):
            track = packet.stream
            if not isinstance(track, av.AudioStream) or heard not in {None, track.index}:
                continue
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                if heard is not None:
                    damaged_packets += 1
                    lost_samples += max(1, _length_samples(packet, track.rate))
                continue
            for frame in frames:
                if not isinstance(frame, av.AudioFrame):
                    continue
                heard = track.index
                for whole in _in_one_format(resampler, frame, self.shown):
                    if not self.is_begun:
                        write_frame(self._pipe, self._format(whole))
                        self.is_begun = True
                    pcm = whole.to_ndarray().tobytes()
                    write_frame(self._pipe, RawBlock(lost_samples, damaged_packets, pcm))
                    lost_samples = damaged_packets = 0

    def _format(self, frame: av.AudioFrame) -> SoundFormat:
        channels = frame.layout.nb_channels
        if not LOWEST_RATE_HZ <= frame.sample_rate <= HIGHEST_RATE_HZ or not 1 <= channels <= MOST_CHANNELS:
            raise CaptureError(
                f"{self.shown} has {frame.sample_rate} Hz and {channels} channels; the recorder takes {LOWEST_RATE_HZ} "
                f"to {HIGHEST_RATE_HZ} Hz and 1 to {MOST_CHANNELS} channels"
            )
        return SoundFormat(self.shown, frame.sample_rate, channels, with_pictures=self._with_pictures)


def _in_one_format(resampler: av.AudioResampler, frame: av.AudioFrame, shown: str) -> list[av.AudioFrame]:
    """Return the sound of a frame; raise CaptureError if its rate or channels are others than before."""
    try:
        return resampler.resample(frame)
    except ValueError as error:
        # The next session has the new ones.
        raise CaptureError(f"{shown} has changed its sample rate or its channels") from error


def _length_samples(packet: av.Packet[Any], sample_rate_hz: int) -> int:
    if packet.duration is None or packet.time_base is None:
        return 0
    return round(packet.duration * packet.time_base * sample_rate_hz)


def _reason(error: Exception) -> str:
    """Return the reason without the URL, which the decoder's errors repeat with its password."""
    return getattr(error, "strerror", None) or without_passwords(str(error)) or type(error).__name__


def _refusal(error: Exception) -> str:
    """Return why a stream cannot be opened, with the cure if there is a usual one."""
    cure = _PROGRAM_CURES.get(type(error).__name__)
    return f"{_reason(error)}; {cure}" if cure else _reason(error)


if __name__ == "__main__":
    main()
