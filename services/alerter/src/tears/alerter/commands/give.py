"""Gives a command to the alerter: `python -m tears.alerter.commands.give ack|snooze|hold|resume [ROOM] [DURATION]`.

It is for containers, which do not have the `tears` command.
"""

import argparse
import os
import sys

import redis

from tears.kit.commands.durations import read_duration_seconds
from tears.kit.commands.giving import ask_alerter
from tears.kit.errors import KitError
from tears.kit.messages import CommandKind
from tears.kit.redis_client import connect, why
from tears.kit.registry.mic_names import mic_of_room
from tears.kit.settings import ServiceSettings, load_settings

_KINDS = {
    "ack": CommandKind.ACKNOWLEDGE,
    "snooze": CommandKind.SNOOZE,
    "hold": CommandKind.HOLD,
    "resume": CommandKind.RESUME,
}


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Return the `command`, the `room` and the `seconds`; exit with the reason if they are not as in the usage."""
    parser = argparse.ArgumentParser("python -m tears.alerter.commands.give", description=__doc__)
    parser.add_argument("command", choices=_KINDS)
    parser.add_argument("room", nargs="?", default="", help="only ack may leave it out: all rooms")
    parser.add_argument("duration", nargs="?", default="", help="only for snooze: 10m to 4h")
    found = parser.parse_args(arguments)
    if not found.room and found.command != "ack":
        parser.error(f"{found.command} needs the name of a room")
    if bool(found.duration) is (found.command != "snooze"):
        parser.error("snooze needs a duration such as 30m, and nothing else has one")
    try:
        found.seconds = read_duration_seconds(found.duration) if found.duration else 0.0
    except ValueError as error:
        parser.error(str(error))
    return found


if __name__ == "__main__":
    asked = parse_arguments(sys.argv[1:])
    url = {name: value for name, value in os.environ.items() if name == "TEARS_REDIS_URL"}
    try:
        with connect(load_settings(ServiceSettings, url).redis_url) as client:
            words = ask_alerter(
                client, _KINDS[asked.command], sender="cli", mic=mic_of_room(asked.room), snooze_seconds=asked.seconds
            )
    except redis.RedisError as error:
        sys.exit(f"Redis does not answer: {why(error)}")
    except KitError as error:
        sys.exit(str(error))
    sys.stdout.write(f"{words}\n")
