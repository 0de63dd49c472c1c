"""What the broker is told of the rooms: from values to topics and payloads. No I/O."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from tears.alerter.home_assistant.messages.discovery import (
    CRYING_ENDED_EVENT,
    CRYING_EVENT,
    Described,
    house_discovery,
    room_discovery,
)
from tears.alerter.home_assistant.messages.episode_history import EpisodeHistory, past_episode
from tears.alerter.home_assistant.messages.shown_house import ShownHouse, ShownRoom
from tears.alerter.home_assistant.messages.topics import OFFLINE, ONLINE, Topics, topic_name
from tears.kit.messages import Episode

_ON_OFF = ("OFF", "ON")


@dataclass(frozen=True, slots=True)
class Messages:
    """The last message that each topic should have.

    Attributes:
        changes: to be written at each change, in this order: a room that is listened to has its state before it is
            available, and one that is not is unavailable before its state says nothing.
        measurements: to be written seldom.
    """

    changes: dict[str, bytes]
    measurements: dict[str, bytes]


def house_messages(
    topics: Topics, view: ShownHouse, fault: str, history: EpisodeHistory, now_wall_seconds: float, described: Described
) -> Messages:
    """Return what the broker should keep while we are connected; `fault` says what is wrong, or is empty."""
    described_house = house_discovery(topics, described)
    changes = {topics.discovery(topics.house_id): described_house}
    measurements: dict[str, bytes] = {}
    for room in view.rooms:
        name = topic_name(room.mic)
        changes[topics.discovery(topics.room_id(name))] = room_discovery(topics, room.mic, name, described)
        state = {topics.state(name): room_state(room, history, now_wall_seconds)}
        if room.is_listening:
            changes |= {**state, topics.availability(name): ONLINE}
        else:
            changes |= {topics.availability(name): OFFLINE, **state}
        measurements[topics.measurements(name)] = room_measurements(room)
    is_room_unheard = any(room.has_problem for room in view.rooms)
    reason = fault or ("a room is not listened to" if is_room_unheard else "")
    changes[topics.house_state] = _json(problem=_ON_OFF[bool(reason)], reason=reason)
    return Messages(changes, measurements)


def room_state(room: ShownRoom, history: EpisodeHistory, now_wall_seconds: float) -> bytes:
    """Return the state of a room. While nobody listens, `crying` is null: that is neither on nor off."""
    last = history.last(room.mic)
    cried_seconds = history.crying_seconds_tonight(room.mic, room.open_episode_id, now_wall_seconds)
    return _json(
        crying=_ON_OFF[bool(room.open_episode_id)] if room.is_listening else None,
        acknowledged=room.is_acknowledged,
        problem=_ON_OFF[room.has_problem],
        last_episode_start=_time(last.started_at_seconds) if last else None,
        last_episode_seconds=round(last.length_seconds) if last and last.is_closed else None,
        minutes_tonight=int(cried_seconds / 60),
        microphone=room.mic_state or "unknown",
        snooze=_ON_OFF[room.is_snoozed],
        snoozed_until=_time(room.snoozed_until_seconds) if room.snoozed_until_seconds is not None else None,
    )


def room_measurements(room: ShownRoom) -> bytes:
    """Return the score in percent and the level in dBFS, rounded, so that noise in the last digits is no news."""
    return _json(score=None if room.score is None else round(100 * room.score), level=round(room.level_dbfs))


def episode_event(episode: Episode) -> bytes:
    """Return the message about an episode that has been opened or closed."""
    past = past_episode(episode)
    event: dict[str, Any] = {"episode": episode.episode_id, "start": _time(past.started_at_seconds)}
    if past.is_closed:
        ended = {"end": _time(past.ended_at_seconds), "length_seconds": round(past.length_seconds)}
        return _json(event_type=CRYING_ENDED_EVENT, **event, **ended, ended_by=episode.ending.name.lower())
    return _json(event_type=CRYING_EVENT, **event)


def _json(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


def _time(wall_seconds: float) -> str:
    return datetime.fromtimestamp(round(wall_seconds), UTC).isoformat()
