"""The messages by which Home Assistant learns of our devices: one for each, with all of its entities. No I/O.

The format is Home Assistant's device discovery (2024.11 and later). It refuses a whole device for one key at the top
that it does not know, and for `availability` beside `availability_topic`. So each entity has its own list of what it
depends on, and all keys are written out.
"""

import functools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tears.alerter.home_assistant.messages.topics import OFFLINE, ONLINE, Topics
from tears.alerter.notices.wording import DEFAULT_LANGUAGE
from tears.alerter.notices.wording.entity_words import entity_names
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.room_names import RoomNames

CRYING_EVENT, CRYING_ENDED_EVENT = "crying", "crying_ended"
# `unknown` stands for the time before the registry has been read.
MICROPHONE_STATES = ["unknown", *(state.value for state in MicState)]
_DIAGNOSTIC = {"entity_category": "diagnostic"}


@dataclass(frozen=True, slots=True)
class Described:
    """What is the same in all descriptions of devices.

    Attributes:
        version: ours.
        page_url: where a parent can look at more, if there is such a page.
        language: that of the entities' names.
        room_names: what parents call the rooms.
    """

    version: str
    page_url: str = ""
    language: str = DEFAULT_LANGUAGE
    room_names: RoomNames = field(default_factory=RoomNames)


def house_discovery(topics: Topics, described: Described) -> bytes:
    """Return the description of the device that stands for Tears as a whole."""
    entities: dict[str, dict[str, Any]] = {
        # It depends on nothing, so that it says "disconnected" instead of being unavailable.
        "connection": {
            "platform": "binary_sensor",
            "device_class": "connectivity",
            "state_topic": topics.status,
            "payload_on": ONLINE.decode(),
            "payload_off": OFFLINE.decode(),
            **_DIAGNOSTIC,
        },
        "problem": {
            "platform": "binary_sensor",
            "device_class": "problem",
            "state_topic": topics.house_state,
            "value_template": "{{ value_json.problem }}",
            "json_attributes_topic": topics.house_state,
            "json_attributes_template": "{{ {'reason': value_json.reason} | tojson }}",
            "availability": _availability(topics.status),
            **_DIAGNOSTIC,
        },
    }
    return _device(topics.house_id, "Tears", described, entities)


def room_discovery(topics: Topics, mic: str, name: str, described: Described) -> bytes:
    """Return the description of a room's device; `name` is the microphone's in topics."""
    return _room_discovery(topics, described.room_names.of(mic), name, described)


@functools.lru_cache(maxsize=256)
def _room_discovery(topics: Topics, room: str, name: str, described: Described) -> bytes:
    house = {"availability": _availability(topics.status)}
    # Also unavailable while nobody listens in this room: "off" would mean that the baby is quiet.
    heard = {"availability": _availability(topics.status, topics.availability(name)), "availability_mode": "all"}
    state, measurements = {"state_topic": topics.state(name)}, {"state_topic": topics.measurements(name)}
    entities: dict[str, dict[str, Any]] = {
        "crying": {
            "platform": "binary_sensor",
            "device_class": "sound",
            "value_template": "{{ value_json.crying }}",
            "json_attributes_topic": topics.state(name),
            "json_attributes_template": "{{ {'acknowledged': value_json.acknowledged} | tojson }}",
            **state,
            **heard,
        },
        "listening_problem": {
            "platform": "binary_sensor",
            "device_class": "problem",
            "value_template": "{{ value_json.problem }}",
            **state,
            **house,
        },
        "episode": {
            "platform": "event",
            "event_types": [CRYING_EVENT, CRYING_ENDED_EVENT],
            "state_topic": topics.episodes(name),
            **house,
        },
        "last_episode": {
            "platform": "sensor",
            "device_class": "timestamp",
            "value_template": "{{ value_json.last_episode_start }}",
            **state,
            **house,
        },
        "last_episode_length": {
            "platform": "sensor",
            "device_class": "duration",
            "unit_of_measurement": "s",
            "suggested_display_precision": 0,
            "value_template": "{{ value_json.last_episode_seconds }}",
            **state,
            **house,
        },
        "cried_tonight": {
            "platform": "sensor",
            "device_class": "duration",
            "unit_of_measurement": "min",
            "state_class": "total_increasing",
            "suggested_display_precision": 0,
            "value_template": "{{ value_json.minutes_tonight }}",
            **state,
            **house,
        },
        "snooze": {
            "platform": "switch",
            "icon": "mdi:bell-sleep",
            "command_topic": topics.snooze(name),
            "value_template": "{{ value_json.snooze }}",
            "json_attributes_topic": topics.state(name),
            "json_attributes_template": "{{ {'until': value_json.snoozed_until} | tojson }}",
            **state,
            **house,
        },
        "acknowledge": {
            "platform": "button",
            "icon": "mdi:bell-check",
            "command_topic": topics.acknowledge(name),
            **house,
        },
        "score": {
            "platform": "sensor",
            "icon": "mdi:percent",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "value_template": "{{ value_json.score }}",
            **measurements,
            **heard,
            **_DIAGNOSTIC,
        },
        "level": {
            "platform": "sensor",
            "icon": "mdi:volume-high",
            "unit_of_measurement": "dBFS",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "value_template": "{{ value_json.level }}",
            **measurements,
            **heard,
            **_DIAGNOSTIC,
        },
        "microphone": {
            "platform": "sensor",
            "icon": "mdi:microphone",
            "device_class": "enum",
            "options": MICROPHONE_STATES,
            "value_template": "{{ value_json.microphone }}",
            **state,
            **house,
            **_DIAGNOSTIC,
        },
    }
    device_id = topics.room_id(name)
    return _device(device_id, room, described, entities, {"via_device": topics.house_id})


def _availability(*topics: str) -> list[dict[str, str]]:
    return [
        {"topic": topic, "payload_available": ONLINE.decode(), "payload_not_available": OFFLINE.decode()}
        for topic in topics
    ]


def _is_accepted(url: str) -> bool:
    """Return whether Home Assistant takes this for a URL; else it would refuse the whole device."""
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _device(
    device_id: str,
    name: str,
    described: Described,
    entities: dict[str, dict[str, Any]],
    more: dict[str, str] | None = None,
) -> bytes:
    device = {
        "identifiers": [device_id],
        "name": name,
        "manufacturer": "Tears",
        "model": "Baby-cry monitor",
        "sw_version": described.version,
        **(more or {}),
        **({"configuration_url": described.page_url} if _is_accepted(described.page_url) else {}),
    }
    names = entity_names(described.language)
    components = {
        key: {**entity, "name": names[key], "unique_id": f"{device_id}_{key}"} for key, entity in entities.items()
    }
    return msgspec.json.encode(
        {"device": device, "origin": {"name": "Tears", "sw_version": described.version}, "components": components}
    )
