"""The words that a parent reads. No I/O."""

import shlex
import time
import uuid
from dataclasses import dataclass

from tears.kit.messages import Episode
from tears.kit.registry.mic_names import room_of_mic
from tears.kit.registry.mic_state import MicState

# For the keys of notices that are not about an episode.
NOTICE_NAMESPACE = uuid.UUID("e9a3cc6e-6316-50bf-9e1c-d71ca6ab5c1d")

CRYING, NOT_LISTENING, LISTENING_AGAIN = "crying", "not listening", "listening again"

_FAULT_WORDS: dict[str, str] = {
    MicState.SILENT: "The microphone gives nothing but silence: it is muted, unplugged or broken",
    MicState.STALLED: "The microphone gives no sound any more",
    MicState.ABSENT: "The microphone cannot be found",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to a parent.

    Attributes:
        key: identifies the notice: it stays the same if the notice has to be sent again. No parent sees it.
        title: names the room and says what happened.
        body: the text.
        kind: one of Apprise's notification types.
        happened_at_seconds: the wall clock when it happened; 0 if it is unknown.
    """

    key: str
    title: str
    body: str
    kind: str
    happened_at_seconds: float = 0.0


def crying_notice(episode: Episode) -> Notice:
    """Alert a parent to an episode that has opened."""
    since = episode.captured_at_seconds - (episode.alerted_at_seconds - episode.start_seconds)
    return Notice(
        episode.episode_id,
        f"{room_of_mic(episode.mic)}: {CRYING}",
        f"Crying since {_time_of_day(since)}.",
        "warning",
        since,
    )


def not_listening_reason(mic_state: str, silent_seconds: float) -> str:
    """Say why nobody listens: by the state of the microphone in the registry, if that is a fault."""
    return _FAULT_WORDS.get(mic_state, f"Nothing could be checked for crying for {silent_seconds:.0f} s")


def not_back_reason(mic: str) -> str:
    """Say that nobody listens because the recorder was stopped, and what to do if that is meant to be so."""
    retire = f"tears retire {shlex.quote(room_of_mic(mic))}"
    return f"The recorder was stopped and has not come back (if that is meant to be so: {retire})"


def not_listening_notice(mic: str, number: int, reason: str, wall_seconds: float) -> Notice:
    """Warn a parent that nobody listens to a room; `number` counts these warnings for the microphone.

    The key has the time too, because the count begins again if the state file is lost.
    """
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{mic}/{number}/{wall_seconds}/deaf")),
        title=f"{room_of_mic(mic)}: {NOT_LISTENING}",
        body=f"{reason}, at {_time_of_day(wall_seconds)}. Crying in {room_of_mic(mic)} would go unnoticed.",
        kind="failure",
        happened_at_seconds=wall_seconds,
    )


def listening_again_notice(mic: str, number: int, wall_seconds: float) -> Notice:
    """Call off the warning of the same number."""
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{mic}/{number}/{wall_seconds}/hears")),
        title=f"{room_of_mic(mic)}: {LISTENING_AGAIN}",
        body=f"Listening to {room_of_mic(mic)} again, since {_time_of_day(wall_seconds)}.",
        kind="success",
        happened_at_seconds=wall_seconds,
    )


def titles_outdated_by(notice: Notice) -> tuple[str, ...]:
    """Return the titles of older notices that are no longer true once this one is delivered."""
    mic, _, word = notice.title.rpartition(": ")
    words = (NOT_LISTENING, LISTENING_AGAIN)
    return tuple(f"{mic}: {one}" for one in words) if word in words else ()


def _time_of_day(wall_seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(wall_seconds))
