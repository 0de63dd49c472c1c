"""The page where a parent sees what each level of sensitivity would have done."""

from typing import Final, NamedTuple

from redis import RedisError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.guards import require
from tears.journal.web.pages.sensitivity.what_if import judge_nights
from tears.journal.web.rendering import render
from tears.kit.calendar.nights import last_night
from tears.kit.registry.mic_names import room_of_mic
from tears.kit.registry.rooms import RoomRecord, read_rooms
from tears.policy.sensitivity import SENSITIVITY_LEVELS, Sensitivity

_JUDGED_NIGHTS: Final = 7


class RoomSensitivity(NamedTuple):
    """A room and its level; None if its thresholds are those of no level, or are not known."""

    mic: str
    name: str
    level: Sensitivity | None


def sensitivity_routes(parts: JournalParts) -> list[BaseRoute]:
    """Return the routes."""
    history = parts.history

    @require(Role.GUEST)
    def show_sensitivity(request: Request) -> Response:
        """Show the levels, with what each would have done in the last nights."""
        latest = last_night(parts.clock.wall_seconds())
        nights = {
            night.evening: history.night(night.evening) for night in (latest.before(k) for k in range(_JUDGED_NIGHTS))
        }
        nights = {date: night for date, night in nights.items() if night.rooms}
        first = latest.before(_JUDGED_NIGHTS - 1).starts_seconds
        labels = history.labels(first, latest.ends_seconds)
        return render(
            request,
            "sensitivity.html",
            results=judge_nights(nights, labels),
            nights=list(nights),
            labels=labels,
            rooms=_rooms(),
            done=request.query_params.get("done", ""),
            fault=history.fault,
        )

    def _rooms() -> list[RoomSensitivity]:
        """Return the rooms by name; none while Redis is away."""
        try:
            records = {} if parts.redis is None else read_rooms(parts.redis)
        except RedisError:
            return []
        return [RoomSensitivity(mic, room_of_mic(mic), _level_of(one)) for mic, one in sorted(records.items())]

    return [
        Route("/sensitivity", show_sensitivity),
    ]


def _level_of(room: RoomRecord) -> Sensitivity | None:
    """Return the level whose threshold a room has."""
    found = [level for level, one in SENSITIVITY_LEVELS.items() if one.open_threshold == room.open_threshold]
    return found[0] if found else None
