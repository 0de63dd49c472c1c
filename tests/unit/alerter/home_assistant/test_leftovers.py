from tears.alerter.home_assistant.messages.leftovers import GRACE_SECONDS, MOST_LEFTOVERS, Leftovers
from tears.alerter.home_assistant.messages.topics import OFFLINE, Topics

TOPICS = Topics("tears", "homeassistant")


def test_an_unknown_room_is_unavailable_at_once_and_removed_later() -> None:
    leftovers = Leftovers(TOPICS)
    leftovers.add("attic", 100.0)
    assert leftovers.held_back(["nursery"]) == {"tears/attic/availability": OFFLINE}
    assert leftovers.to_remove(["nursery"], 99.0 + GRACE_SECONDS) == []
    assert set(leftovers.to_remove(["nursery"], 100.0 + GRACE_SECONDS)) == {
        "homeassistant/device/tears_attic/config",
        "tears/attic/availability",
        "tears/attic/measurements",
        "tears/attic/state",
    }
    assert leftovers.held_back(["nursery"]) == {}
    assert leftovers.to_remove(["nursery"], 1e9) == []


def test_a_room_that_is_shown_is_no_leftover() -> None:
    leftovers = Leftovers(TOPICS)
    leftovers.add("attic", 100.0)
    assert leftovers.held_back(["attic"]) == {}
    assert leftovers.to_remove([], 1e9) == []


def test_a_broker_full_of_rooms_takes_no_more_memory() -> None:
    leftovers = Leftovers(TOPICS)
    for number in range(MOST_LEFTOVERS + 5):
        leftovers.add(str(number), 0.0)
    assert len(leftovers.held_back([])) == MOST_LEFTOVERS
