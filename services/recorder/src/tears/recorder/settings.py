"""What the recorder is told."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from tears.kit.errors import SettingsError
from tears.kit.settings import ServiceSettings
from tears.recorder.capture.camera.stream_urls import SCHEMES, scheme_of
from tears.recorder.capture.microphone.device_names import DEFAULT, DeviceChoice
from tears.recorder.publish.chunk_stream import StreamConfig

# What stays in the stream behind the oldest unfinished chunk: a window's 5 s, with room for repeats.
LOOK_BACK_SECONDS = 10.0
# What a fast source still publishes after it was asked to stop: one chunk unsent, one in hand, and the last.
DRAINED_CHUNKS = 3


class RecorderSettings(ServiceSettings, frozen=True, kw_only=True):
    """Read from `TEARS_RECORDER_*`."""

    prefix: ClassVar[str] = "RECORDER"

    probe_port: Annotated[
        int, Meta(ge=0, le=65_535, description="Port of /healthz, /readyz and /metrics; 0 takes any free one.")
    ] = 9101
    mic: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,255}\Z", description="Name of the microphone: the room that it is in.")
    ] = "nursery"
    device: Annotated[
        str,
        Meta(
            min_length=1,
            description="The microphone to listen to: its name as `tears devices` says it, or a part of it.",
        ),
    ] = DEFAULT
    rate_hz: Annotated[
        Annotated[int, Meta(ge=4_000, le=384_000)] | Literal["auto"],
        Meta(description="The microphone's samples a second; `auto`: 48 000 where it has them, else its own default."),
    ] = "auto"
    channels: Annotated[int, Meta(ge=1, le=2, description="Of the microphone: 1, or 2 where it has them.")] = 1
    input: Annotated[
        str,
        Meta(
            description="Instead of a microphone: path of a recording to play (WAV, FLAC or OGG), or URL of a live "
            "stream to listen to (`rtsp://`, `rtsps://`, `http://`, `https://`)."
        ),
    ] = ""
    pace: Annotated[
        Literal["realtime", "fast"],
        Meta(description="A recording's: as fast as the sound itself, or as fast as the preprocessor follows."),
    ] = "realtime"
    session: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_.-]{0,64}\Z",
            description="Of a recording that is played `fast`: its session's name, so that its windows have the same "
            "ids each time; empty: a new one at each start.",
        ),
    ] = ""
    chunk_seconds: Annotated[float, Meta(ge=0.1, le=5, description="Length of a chunk.")] = 1.0
    spool_seconds: Annotated[
        float,
        Meta(ge=10, le=3_600, description="Sound kept in memory while Redis is away, or in case it loses its own."),
    ] = 120.0
    spool_bytes: Annotated[
        int, Meta(ge=1_000_000, le=4_000_000_000, description="Most memory that this takes, whatever the seconds.")
    ] = 67_108_864
    stream_seconds: Annotated[
        float, Meta(ge=15, le=3_600, description="Sound kept in Redis, 96 KB a second at 48 kHz mono.")
    ] = 120.0
    lease_seconds: Annotated[
        float, Meta(ge=1, le=60, description="How long the name stays taken after its recorder has died.")
    ] = 5.0
    lag_chunks: Annotated[
        int, Meta(ge=1, le=10_000, description="`fast` waits while the preprocessor has this many chunks unfinished.")
    ] = 20

    def __post_init__(self) -> None:
        """Checks what one field's range cannot say.

        Raises:
            SettingsError: as at `load_settings`.
        """
        scheme = scheme_of(self.input)
        if scheme and scheme not in SCHEMES:
            raise SettingsError(
                f"TEARS_RECORDER_INPUT is a URL that begins with {scheme}://, but must be the path of a recording, or "
                f"begin with {', '.join(f'{one}://' for one in SCHEMES)}"
            )
        if self.pace == "fast" and self.is_live:
            raise SettingsError(
                "TEARS_RECORDER_PACE is fast, which no microphone is, nor a live stream; set TEARS_RECORDER_INPUT to "
                "the path of a WAV, FLAC or OGG recording, or leave the pace out"
            )
        if self.session and self.pace != "fast":
            raise SettingsError(
                "TEARS_RECORDER_SESSION is set, but only a recording that is played fast may have the same session "
                "twice; set TEARS_RECORDER_PACE to fast, or leave the session out"
            )
        if self.mic.endswith(".dead"):
            raise SettingsError(
                f"TEARS_RECORDER_MIC is {self.mic!r}, but names that end in .dead belong to dead-letter streams"
            )
        needed = self.lag_chunks + self.look_back_chunks + DRAINED_CHUNKS
        if self.pace == "fast" and self.stream_chunks < needed:
            raise SettingsError(
                f"TEARS_RECORDER_STREAM_SECONDS is {self.stream_seconds:g}, which keeps {self.stream_chunks} chunks, "
                f"but TEARS_RECORDER_LAG_CHUNKS={self.lag_chunks} needs {needed}, or unread ones would be trimmed; "
                f"set it to {math.ceil(needed * self.chunk_seconds)} or more, or the lag lower"
            )

    @property
    def is_live(self) -> bool:
        """Whether it is a microphone or a stream that is listened to, not a recording."""
        return not self.input or bool(scheme_of(self.input))

    @property
    def stream_chunks(self) -> int:
        """Entries kept in the stream."""
        return math.ceil(self.stream_seconds / self.chunk_seconds)

    @property
    def look_back_chunks(self) -> int:
        """Entries that windows still look back on, behind the oldest unfinished one: 10 at 1 s."""
        return math.ceil(LOOK_BACK_SECONDS / self.chunk_seconds)

    @property
    def device_choice(self) -> DeviceChoice:
        """Which microphone, and how."""
        return DeviceChoice(self.device, None if self.rate_hz == "auto" else self.rate_hz, self.channels)

    def stream_config(self, owner: str) -> StreamConfig:
        """How the stream is written by `owner`."""
        return StreamConfig(
            mic=self.mic,
            owner=owner,
            lease_seconds=self.lease_seconds,
            most_entries=self.stream_chunks,
            look_back_entries=self.look_back_chunks,
        )
