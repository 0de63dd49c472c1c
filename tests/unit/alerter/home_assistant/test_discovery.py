"""What Home Assistant checks in a description of a device, checked here: it refuses the whole device for one slip."""

import re
from typing import Any

import msgspec
import pytest
from support.alerter.shown_rooms import EVENING_SECONDS, shown_room

from tears.alerter.home_assistant.messages.discovery import Described, house_discovery, room_discovery
from tears.alerter.home_assistant.messages.episode_history import EpisodeHistory
from tears.alerter.home_assistant.messages.payloads import room_measurements, room_state
from tears.alerter.home_assistant.messages.topics import Topics
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.room_names import RoomNames

TOPICS = Topics("tears", "homeassistant")
# The keys at the top that it accepts, of which ours are the first three.
TOP_KEYS = {"device", "origin", "components"}
PLATFORMS = {"binary_sensor", "sensor", "event", "switch", "button"}
# The classes that it knows, of those platforms.
DEVICE_CLASSES = {
    "binary_sensor": {"sound", "problem", "connectivity"},
    "sensor": {"timestamp", "duration", "enum"},
}


def room_device() -> dict[str, Any]:
    body = room_discovery(TOPICS, "K_x00FC_che", "K_x00FC_che", Described("1.0", "http://pi:8080"))
    return msgspec.json.decode(body, type=dict[str, Any])


def house_device() -> dict[str, Any]:
    return msgspec.json.decode(house_discovery(TOPICS, Described("1.0")), type=dict[str, Any])


@pytest.mark.parametrize("described", [room_device(), house_device()])
def test_a_description_has_what_home_assistant_requires(described: dict[str, Any]) -> None:
    assert set(described) == TOP_KEYS
    assert described["device"]["identifiers"]
    assert described["origin"]["name"] == "Tears"
    ids = [entity["unique_id"] for entity in described["components"].values()]
    assert len(set(ids)) == len(ids)
    for entity in described["components"].values():
        assert entity["platform"] in PLATFORMS
        assert entity.get("device_class") in {None, *DEVICE_CLASSES.get(entity["platform"], ())}
        assert "availability_topic" not in entity
        assert entity.get("entity_category") in {None, "diagnostic"}
        assert ("state_topic" in entity) == (entity["platform"] != "button")
        assert ("command_topic" in entity) == (entity["platform"] in {"button", "switch"})
        if entity.get("state_class"):
            assert entity["state_class"] in {"measurement", "total_increasing"}


def test_a_device_has_the_name_that_a_parent_gives_to_the_room_and_keeps_its_ids() -> None:
    names = RoomNames()
    described = Described("1.0", room_names=names)

    def device() -> dict[str, Any]:
        found = msgspec.json.decode(room_discovery(TOPICS, "nursery", "nursery", described), type=dict[str, Any])
        return {"name": found["device"]["name"], "ids": found["device"]["identifiers"]}

    before = device()
    names.given = {"nursery": "Anna's room"}
    assert (before["name"], device()) == ("nursery", before | {"name": "Anna's room"})


def test_a_room_has_the_entities_that_a_parent_expects() -> None:
    device = room_device()["device"]
    assert (device["name"], device["via_device"]) == ("Küche", "tears")
    assert device["configuration_url"] == "http://pi:8080"
    found = {key: (one["platform"], one.get("device_class")) for key, one in room_device()["components"].items()}
    assert found == {
        "crying": ("binary_sensor", "sound"),
        "listening_problem": ("binary_sensor", "problem"),
        "episode": ("event", None),
        "last_episode": ("sensor", "timestamp"),
        "last_episode_length": ("sensor", "duration"),
        "cried_tonight": ("sensor", "duration"),
        "snooze": ("switch", None),
        "acknowledge": ("button", None),
        "score": ("sensor", None),
        "level": ("sensor", None),
        "microphone": ("sensor", "enum"),
    }


def test_what_is_heard_is_unavailable_without_us_and_without_a_listening_room() -> None:
    entities = room_device()["components"]
    for key, entity in entities.items():
        topics = [one["topic"] for one in entity["availability"]]
        is_heard = key in {"crying", "score", "level"}
        assert topics == ["tears/status", "tears/K_x00FC_che/availability"][: 1 + is_heard]
        assert entity.get("availability_mode") == ("all" if is_heard else None)
    # This one must be able to say that we are gone.
    assert "availability" not in house_device()["components"]["connection"]


def test_each_template_finds_its_field_in_what_is_published() -> None:
    published = {
        TOPICS.state("K_x00FC_che"): room_state(shown_room(), EpisodeHistory(), EVENING_SECONDS),
        TOPICS.measurements("K_x00FC_che"): room_measurements(shown_room()),
    }
    for entity in room_device()["components"].values():
        for part, topic in (("value_template", "state_topic"), ("json_attributes_template", "json_attributes_topic")):
            for name in re.findall(r"value_json\.(\w+)", entity.get(part, "")):
                assert name in msgspec.json.decode(published[entity[topic]])


def test_the_microphone_announces_all_of_its_states() -> None:
    options = room_device()["components"]["microphone"]["options"]
    assert set(options) == {"unknown", *MicState}


@pytest.mark.parametrize("url", ["", "http://", "http:///page", "http://[pi"])
def test_a_page_that_home_assistant_would_refuse_is_left_out(url: str) -> None:
    described = msgspec.json.decode(house_discovery(TOPICS, Described("1.0", url)), type=dict[str, Any])
    assert "configuration_url" not in described["device"]


def test_the_names_are_in_the_language_of_the_house_and_the_ids_are_not() -> None:
    def of(language: str) -> dict[str, Any]:
        body = room_discovery(TOPICS, "nursery", "nursery", Described("1.0", language=language))
        return msgspec.json.decode(body, type=dict[str, Any])["components"]["crying"]  # type: ignore[no-any-return]

    assert (of("en")["name"], of("de")["name"]) == ("Crying", "Weinen")
    assert of("en")["unique_id"] == of("de")["unique_id"]
