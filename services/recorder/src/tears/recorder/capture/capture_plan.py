"""Plan how to listen to a microphone by its name, or to a camera or other live stream by its URL. Pure."""

import re
from dataclasses import dataclass, replace

from tears.kit.secrets_in_text import without_passwords

RTSP_SCHEMES = ("rtsp", "rtsps")
# The argument that asks a camera for its pictures too.
WITH_PICTURES = "with-pictures"
STREAM_SCHEMES = (*RTSP_SCHEMES, "http", "https")

# `rtsp:/host`, `rtsp:host:554`, `ffmpeg:rtsp://host`, `rtsp;//host`
_ALMOST_URL = re.compile(r"\W*(?:[A-Za-z][A-Za-z0-9+.-]*:(?:/|[A-Za-z]+://)|(?:rtsps?|https?)[:;])", re.IGNORECASE)
# `user:password@host/path`
_USER_AT_HOST = re.compile(r"[^/@\s]+:[^/\s]*@[\w.-]+(?::\d+)?(?:/|$)")
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
# What follows an @ in a path is no such thing: `10.0.0.9`, `camera:554`
_ADDRESS = re.compile(r"(?:\d+(?:\.\d+){3}|[\w.-]+:\d{1,5})(?:[/?]|$)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True, kw_only=True)
class CapturePlan:
    """Say which program captures, and when the recorder gives up and starts another one.

    Attributes:
        description: What it listens to; safe to show, so without a password.
        module: The program. It gets `arguments`, and then the number of the pipe that it writes to.
        arguments: Everybody on this machine may read them.
        other_arguments: What to try next if the sound broke off soon after it began; None if there is no other way.
        secret: Text that nobody else may read; the program gets it on its standard input.
        dead_after_seconds: The stream counts as dead after this time without a block.
        open_seconds: How long the program may take until the first sound.
        longest_pause_seconds: The longest pause between two attempts.
    """

    description: str
    module: str
    arguments: tuple[str, ...] = ()
    other_arguments: tuple[str, ...] | None = None
    secret: str = ""
    dead_after_seconds: float
    open_seconds: float
    longest_pause_seconds: float

    def the_other_way(self) -> "CapturePlan":
        """Return the plan that tries the other arguments, and these ones after them."""
        if self.other_arguments is None:
            return self
        return replace(self, arguments=self.other_arguments, other_arguments=self.arguments)


def scheme_of(text: str) -> str:
    """Return the scheme of a URL in lower case; empty if `text` is the path of a recording."""
    found = _SCHEME.match(text)
    return found[1].lower() if found else ""


def fault_of_input(text: str) -> str:
    """Return why a text can be neither the path of a recording nor the URL of a stream, and the cure; empty if it can.

    The answer does not repeat the text, which may hold a password.
    """
    schemes = ", ".join(f"{one}://" for one in STREAM_SCHEMES)
    scheme = scheme_of(text)
    if scheme and scheme not in STREAM_SCHEMES:
        return f"is a URL that begins with {scheme}://, but must be the path of a recording, or begin with {schemes}"
    if not scheme:
        is_almost_url = _ALMOST_URL.match(text) or _USER_AT_HOST.match(text)
        fault = f"is neither the path of a recording nor a URL that begins with {schemes}; check its beginning"
        return fault if is_almost_url else ""
    if any(one.isspace() for one in text):
        return "is a URL with white space in it; leave it out, or write %20 where a user or a password has a space"
    if reserved := _reserved_sign(text.partition("://")[2]):
        return (
            f"is a URL with a {reserved} that ends a part of it too early; write %{ord(reserved):02X} where a user, a "
            "password or a path has that sign, or leave out what begins with it"
        )
    if not text.partition("://")[2].rpartition("@")[2].strip("/"):
        return "is a URL without a host; write it as rtsp://USER:PASSWORD@HOST:554/PATH"
    return ""


def _reserved_sign(rest: str) -> str:
    """Return a sign of a URL, given without its scheme, that a decoder would misread; empty if there is none."""
    # No camera gets what follows a #.
    if "#" in rest:
        return "#"
    # The first / or ? ends the login and the host. If the login follows it, it was a part of the password.
    login_and_host = re.split(r"[/?]", rest, maxsplit=1)[0]
    after = rest[len(login_and_host) :]
    if "@" in login_and_host or "@" not in after:
        return ""
    is_in_path = _HOST.fullmatch(login_and_host) and not _ADDRESS.match(after.rpartition("@")[2])
    return "" if is_in_path else after[0]


def device_plan(device: str, rate_hz: int | None, channels: int) -> CapturePlan:
    """Return the plan for a device of this machine; without a rate it is captured at its own."""
    return CapturePlan(
        description=device,
        module="tears.recorder.capture.microphone.device_program",
        arguments=(device, str(rate_hz or 0), str(channels)),
        dead_after_seconds=2.0,
        # A slow board with many devices needs time to look at all of them.
        open_seconds=15.0,
        # A device that comes back is in use again within this pause and the time to open it.
        longest_pause_seconds=1.5,
    )


def stream_plan(url: str) -> CapturePlan:
    """Return the plan for a URL with one of `STREAM_SCHEMES`."""
    return CapturePlan(
        description=without_passwords(url),
        module="tears.recorder.capture.camera.stream_program",
        secret=url,
        other_arguments=(WITH_PICTURES,) if scheme_of(url) in RTSP_SCHEMES else None,
        # Networks stutter, and sound over HTTP may come in pieces of several seconds.
        dead_after_seconds=10.0,
        # A camera is asked in two ways. With two steps and the first packet they take at most 20 and 30 s, so the
        # decoder has the time to report what was wrong.
        open_seconds=55.0,
        # Cameras lock out clients that try too often.
        longest_pause_seconds=5.0,
    )
