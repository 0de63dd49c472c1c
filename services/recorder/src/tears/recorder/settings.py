"""The recorder's settings."""

import math
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from tears.audio.constants import HIGHEST_RATE_HZ, LOWEST_RATE_HZ
from tears.kit.errors import SettingsError
from tears.kit.registry.mic_names import (
    LONGEST_MIC_NAME,
    ROOM_NAME_PATTERN,
    ROOM_NAME_WORDS,
    is_room,
    mic_of_room,
)
from tears.kit.registry.mics import LONGEST_LEASE_SECONDS
from tears.kit.setting_fields import IN_WORDS
from tears.kit.settings import ProbePort, ServiceSettings
from tears.recorder.capture.capture_plan import fault_of_input, scheme_of
from tears.recorder.capture.microphone.device_names import DEFAULT_DEVICE

# What stays in the stream before the oldest unfinished chunk: the 5 s of a window, with room for repeats.
LOOK_BACK_SECONDS = 10.0
# What a fast recording still publishes after a stop: one chunk that waits, one that is being published, and the last.
DRAINED_CHUNKS = 3


class RecorderSettings(ServiceSettings, frozen=True, kw_only=True):
    """The settings that are read from `TEARS_RECORDER_*`."""

    prefix: ClassVar[str] = "RECORDER"

    probe_port: ProbePort = 9101
    mic: Annotated[
        str,
        Meta(
            pattern=ROOM_NAME_PATTERN,
            description="Name of the microphone: the room that it is in. In keys, folders and metrics, all but plain "
            "letters, digits, `_`, `.` and `-` become numbers: a space is `_x0020_`.",
            extra={IN_WORDS: ROOM_NAME_WORDS},
        ),
    ] = "nursery"
    device: Annotated[
        str,
        Meta(
            min_length=1,
            description="The microphone to listen to: its name as `./tears devices` shows it, or a part of the name.",
        ),
    ] = DEFAULT_DEVICE
    rate_hz: Annotated[
        Annotated[int, Meta(ge=LOWEST_RATE_HZ, le=HIGHEST_RATE_HZ)] | Literal["auto"],
        Meta(
            description="Sample rate of the microphone; `auto` takes 48 000 if the device offers it, else its own rate."
        ),
    ] = "auto"
    channels: Annotated[
        int, Meta(ge=1, le=2, description="Number of channels to capture: 1, or 2 if the device has them.")
    ] = 1
    input: Annotated[
        str,
        Meta(
            description="Path of a recording to play instead of a microphone (WAV, FLAC or OGG), or URL of a live "
            "stream to listen to (`rtsp://`, `rtsps://`, `http://`, `https://`)."
        ),
    ] = ""
    pace: Annotated[
        Literal["realtime", "fast"],
        Meta(description="How fast to play a recording: in real time, or as fast as the preprocessor follows."),
    ] = "realtime"
    session: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_.-]{0,64}\Z",
            extra={IN_WORDS: "a name of up to 64 letters, digits, dots, dashes and underscores"},
            description="Name of the session of a recording that is played `fast`, so that its windows get the same "
            "ids each time; empty gives a new name at each start.",
        ),
    ] = ""
    chunk_seconds: Annotated[float, Meta(ge=0.1, le=5, description="Length of a chunk.")] = 1.0
    spool_seconds: Annotated[
        float,
        Meta(
            ge=10,
            le=3_600,
            description="How much sound to keep in memory while Redis is away, or in case Redis loses it.",
        ),
    ] = 120.0
    spool_bytes: Annotated[
        int, Meta(ge=1_000_000, le=4_000_000_000, description="The most memory that this sound may take.")
    ] = 67_108_864
    stream_seconds: Annotated[
        float, Meta(ge=15, le=3_600, description="How much sound to keep in Redis: 96 KB a second at 48 kHz mono.")
    ] = 120.0
    lease_seconds: Annotated[
        float,
        Meta(ge=1, le=LONGEST_LEASE_SECONDS, description="How long the name stays taken after its recorder has died."),
    ] = 5.0
    lag_chunks: Annotated[
        int,
        Meta(ge=1, le=10_000, description="With `fast`, wait while the preprocessor has this many unfinished chunks."),
    ] = 20

    def __post_init__(self) -> None:
        """Check what the range of one field cannot say; raise SettingsError, as `load_settings` does."""
        if fault := fault_of_input(self.input):
            raise SettingsError(f"TEARS_RECORDER_INPUT {fault}")
        if self.pace == "fast" and self.is_live:
            raise SettingsError(
                "TEARS_RECORDER_PACE is fast, but only a recording can be played fast; set TEARS_RECORDER_INPUT to the "
                "path of a WAV, FLAC or OGG recording, or leave the pace out"
            )
        if self.session and self.pace != "fast":
            raise SettingsError(
                "TEARS_RECORDER_SESSION is set, but only a recording that is played fast may have the same session "
                "twice; set TEARS_RECORDER_PACE to fast, or leave the session out"
            )
        if len(self.mic_name) > LONGEST_MIC_NAME:
            raise SettingsError(
                f"TEARS_RECORDER_MIC is {self.mic!r}, which is too long: it becomes {len(self.mic_name)} characters in "
                f"keys, of at most {LONGEST_MIC_NAME}; give a shorter name"
            )
        if self.mic_name.endswith(".dead"):
            raise SettingsError(
                f"TEARS_RECORDER_MIC is {self.mic!r}, but names that end in .dead belong to dead-letter streams"
            )
        if not is_room(self.mic_name):
            raise SettingsError(f"TEARS_RECORDER_MIC is {self.mic!r}, a name that the self-test has; give another name")
        needed = self.lag_chunks + self.look_back_chunks + DRAINED_CHUNKS
        if self.pace == "fast" and self.stream_chunks < needed:
            raise SettingsError(
                f"TEARS_RECORDER_STREAM_SECONDS is {self.stream_seconds:g}, which keeps {self.stream_chunks} chunks, "
                f"but TEARS_RECORDER_LAG_CHUNKS={self.lag_chunks} needs {needed}, or unread ones would be trimmed; "
                f"set it to {math.ceil(needed * self.chunk_seconds)} or more, or lower the lag"
            )

    @property
    def mic_name(self) -> str:
        """Return the name of the microphone in keys, messages, folders and metrics."""
        return mic_of_room(self.mic)

    @property
    def is_live(self) -> bool:
        """Return whether the recorder listens to a microphone or a live stream, not to a recording."""
        return not self.input or bool(scheme_of(self.input))

    @property
    def stream_chunks(self) -> int:
        """Return how many entries the stream keeps."""
        return math.ceil(self.stream_seconds / self.chunk_seconds)

    @property
    def look_back_chunks(self) -> int:
        """Return how many entries windows need before the oldest unfinished one: 10 with chunks of 1 s."""
        return math.ceil(LOOK_BACK_SECONDS / self.chunk_seconds)
