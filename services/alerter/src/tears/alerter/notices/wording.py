"""The words that a parent reads."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

from tears.kit.messages import Episode
from tears.kit.registry.mic_state import MicState

# Names of notices that are not about an episode.
_NAMESPACE = uuid.UUID("e9a3cc6e-6316-50bf-9e1c-d71ca6ab5c1d")

NOT_LISTENING, LISTENING_AGAIN = "not listening", "listening again"

_REASONS: dict[str, str] = {
    MicState.SILENT: "The microphone gives nothing but silence: it is muted, unplugged or broken",
    MicState.STALLED: "The microphone gives no sound any more",
    MicState.ABSENT: "The microphone is not there",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `key` stays the same when it has to be told again; `kind` is one of Apprise's types."""

    key: str
    title: str
    body: str
    kind: str


def crying(episode: Episode, score: float, level_dbfs: float) -> Notice:
    """A bout has opened."""
    since = episode.captured_at_seconds - (episode.alerted_at_seconds - episode.start_seconds)
    return Notice(
        key=episode.episode_id,
        title=f"{episode.mic}: crying",
        body=f"Crying since {_time_of_day(since)} (score {score:.2f}, level {level_dbfs:.0f} dBFS).\n"
        f"episode {episode.episode_id}",
        kind="warning",
    )


def deaf_reason(mic_state: str, unheard_seconds: float) -> str:
    """Why nothing is heard, by the registry's word on the microphone, if it has one."""
    return _REASONS.get(mic_state, f"Nothing has been heard for {unheard_seconds:.0f} s")


def deaf(mic: str, number: int, reason: str, wall_seconds: float) -> Notice:
    """A microphone is not heard; `number` counts these for the microphone."""
    key = str(uuid.uuid5(_NAMESPACE, f"{mic}/{number}/deaf"))
    return Notice(
        key=key,
        title=f"{mic}: {NOT_LISTENING}",
        body=f"{reason}, at {_time_of_day(wall_seconds)}. Crying in {mic} would go unnoticed.\nnotice {key}",
        kind="failure",
    )


def hears_again(mic: str, number: int, wall_seconds: float) -> Notice:
    """A microphone is heard again, after the notice of the same number."""
    key = str(uuid.uuid5(_NAMESPACE, f"{mic}/{number}/hears"))
    return Notice(
        key=key,
        title=f"{mic}: {LISTENING_AGAIN}",
        body=f"{mic} is heard again, at {_time_of_day(wall_seconds)}.\nnotice {key}",
        kind="success",
    )


def outdated_by(notice: Notice) -> tuple[str, ...]:
    """Titles of older notices that would tell what is so no more, once this one has been told."""
    mic, _, word = notice.title.rpartition(": ")
    words = (NOT_LISTENING, LISTENING_AGAIN)
    return tuple(f"{mic}: {one}" for one in words) if word in words else ()


def _time_of_day(wall_seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(wall_seconds))
