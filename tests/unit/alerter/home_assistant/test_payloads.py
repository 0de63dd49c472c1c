from typing import Any

import msgspec
from support.alerter.shown_rooms import EVENING_SECONDS, heard_episode, shown_house, shown_room

from tears.alerter.home_assistant.messages.discovery import Described
from tears.alerter.home_assistant.messages.episode_history import EpisodeHistory
from tears.alerter.home_assistant.messages.payloads import (
    Messages,
    episode_event,
    house_messages,
    room_state,
)
from tears.alerter.home_assistant.messages.shown_house import ShownRoom
from tears.alerter.home_assistant.messages.topics import OFFLINE, ONLINE, Topics

TOPICS = Topics("tears", "homeassistant")


def messages(*rooms: ShownRoom, fault: str = "", history: EpisodeHistory | None = None) -> Messages:
    house = shown_house(*rooms)
    return house_messages(TOPICS, house, fault, history or EpisodeHistory(), EVENING_SECONDS, Described("1.0"))


def state(room: ShownRoom, history: EpisodeHistory | None = None, now_seconds: float = EVENING_SECONDS) -> Any:
    return msgspec.json.decode(room_state(room, history or EpisodeHistory(), now_seconds))


def test_a_quiet_and_a_crying_room() -> None:
    assert state(shown_room())["crying"] == "OFF"
    assert state(shown_room(open_episode_id="e1"))["crying"] == "ON"


def test_a_room_that_is_not_listened_to_is_neither_crying_nor_quiet() -> None:
    for episode_id in ("", "e1"):
        shown = state(shown_room(is_listening=False, open_episode_id=episode_id))
        assert (shown["crying"], shown["problem"]) == (None, "ON")


def test_a_room_has_its_state_before_it_is_available_and_is_unavailable_before_that_says_nothing() -> None:
    for is_listening, expected in ((True, ["state", "availability"]), (False, ["availability", "state"])):
        changes = messages(shown_room(is_listening=is_listening)).changes
        assert [topic.rsplit("/", 1)[1] for topic in changes if topic.startswith("tears/nursery/")] == expected
        assert changes["tears/nursery/availability"] == (ONLINE if is_listening else OFFLINE)


def test_the_last_episode_and_the_night() -> None:
    history = EpisodeHistory()
    history.add(heard_episode(length_seconds=95.4))
    shown = state(shown_room(), history, EVENING_SECONDS + 600.0)
    assert shown["last_episode_start"] == "2026-11-29T22:13:20+00:00"
    assert (shown["last_episode_seconds"], shown["minutes_tonight"]) == (95, 1)


def test_the_length_of_an_open_episode_is_not_known_but_its_minutes_count() -> None:
    history = EpisodeHistory()
    history.add(heard_episode(is_closed=False))
    shown = state(shown_room(open_episode_id="e1"), history, EVENING_SECONDS + 185.0)
    assert (shown["last_episode_seconds"], shown["minutes_tonight"]) == (None, 3)


def test_before_the_first_episode_nothing_is_claimed() -> None:
    shown = state(shown_room())
    assert (shown["last_episode_start"], shown["last_episode_seconds"], shown["minutes_tonight"]) == (None, None, 0)


def test_measurements_are_apart_and_rounded() -> None:
    measured = messages(shown_room(score=0.12345), shown_room("attic", score=None)).measurements
    assert msgspec.json.decode(measured["tears/nursery/measurements"]) == {"score": 12, "level": -41}
    assert msgspec.json.decode(measured["tears/attic/measurements"]) == {"score": None, "level": -41}


def test_the_house_has_a_problem_if_a_part_or_a_room_has_one() -> None:
    def problem(found: Messages) -> Any:
        return msgspec.json.decode(found.changes["tears/state"])

    assert problem(messages(shown_room())) == {"problem": "OFF", "reason": ""}
    assert problem(messages(shown_room(), fault="redis: away")) == {"problem": "ON", "reason": "redis: away"}
    assert problem(messages(shown_room(is_listening=False)))["problem"] == "ON"
    assert problem(messages()) == {"problem": "OFF", "reason": ""}


def test_each_room_is_a_device() -> None:
    changes = messages(shown_room(), shown_room("attic")).changes
    assert [topic for topic in changes if topic.endswith("/config")] == [
        "homeassistant/device/tears/config",
        "homeassistant/device/tears_nursery/config",
        "homeassistant/device/tears_attic/config",
    ]


def test_events_say_what_they_are() -> None:
    opened = msgspec.json.decode(episode_event(heard_episode(is_closed=False)))
    closed = msgspec.json.decode(episode_event(heard_episode()))
    assert opened == {"event_type": "crying", "episode": "e1", "start": "2026-11-29T22:13:20+00:00"}
    assert closed["event_type"] == "crying_ended"
    assert (closed["end"], closed["length_seconds"]) == ("2026-11-29T22:14:20+00:00", 60)
    assert closed["ended_by"] == "quiet"
