"""The names of topics at the broker, and of devices in Home Assistant. No I/O."""

import re
from dataclasses import dataclass

# Home Assistant accepts no other characters in the id of a device; in a topic, + # and / have meanings.
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]")

ONLINE, OFFLINE = b"online", b"offline"
# The prefix, the name of the room, and what the topic is about.
_LEVELS_OF_A_ROOM = 3


def topic_name(mic: str) -> str:
    """Return the name of a microphone in topics and ids: other characters are written as their Unicode numbers."""
    return _NOT_IN_AN_ID.sub(lambda found: f"_x{ord(found[0]):04X}_", mic)


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of one Tears.

    Attributes:
        prefix: the first level of our topics. It has no underscore, so that no two houses share the id of a device.
        discovery_prefix: the first level of the topics that Home Assistant reads.
    """

    prefix: str
    discovery_prefix: str

    @property
    def status(self) -> str:
        """Whether Tears listens at all: `online` or `offline`. The broker itself says `offline` when it loses us."""
        return f"{self.prefix}/status"

    @property
    def house_state(self) -> str:
        """The state of Tears as a whole, as JSON."""
        return f"{self.prefix}/state"

    @property
    def birth(self) -> str:
        """Where Home Assistant says `online` when it has started."""
        return f"{self.discovery_prefix}/status"

    @property
    def house_id(self) -> str:
        """The id of the device that stands for Tears as a whole."""
        return self.prefix

    def room_id(self, name: str) -> str:
        """Return the id of a room's device."""
        return f"{self.prefix}_{name}"

    def discovery(self, device_id: str) -> str:
        """Return where a device is described for Home Assistant."""
        return f"{self.discovery_prefix}/device/{device_id}/config"

    def availability(self, name: str) -> str:
        """Return where it says whether a room is listened to: `online` or `offline`. A name of `+` stands for all."""
        return f"{self.prefix}/{name}/availability"

    def state(self, name: str) -> str:
        """Return where the state of a room is, as JSON; it is written at each change."""
        return f"{self.prefix}/{name}/state"

    def measurements(self, name: str) -> str:
        """Return where the score and level of a room are, as JSON; they change all the time, and are written seldom."""
        return f"{self.prefix}/{name}/measurements"

    def episodes(self, name: str) -> str:
        """Return where the episodes of a room are told; these messages are not retained."""
        return f"{self.prefix}/{name}/episode"

    def snooze(self, name: str) -> str:
        """Return where Home Assistant asks for a snooze."""
        return f"{self.prefix}/{name}/snooze/set"

    def acknowledge(self, name: str) -> str:
        """Return where Home Assistant acknowledges the crying in a room."""
        return f"{self.prefix}/{name}/acknowledge/set"

    @property
    def subscriptions(self) -> list[str]:
        """What we want to hear from the broker: wishes, the start of Home Assistant, and what it keeps of us."""
        return [self.snooze("+"), self.acknowledge("+"), self.birth, self.status, self.availability("+")]

    def name_in(self, topic: str) -> str:
        """Return the name of the room that a topic of a room is about; empty for other topics."""
        levels = topic.split("/")
        return levels[1] if len(levels) >= _LEVELS_OF_A_ROOM and levels[0] == self.prefix else ""

    def retained_of_room(self, name: str) -> tuple[str, ...]:
        """Return all topics of a room whose last message the broker keeps."""
        return (
            self.availability(name),
            self.state(name),
            self.measurements(name),
            self.discovery(self.room_id(name)),
        )
