"""The calls about the levels of sensitivity: what each would have done, and the choice of one."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.pages.sensitivity.last_nights import JUDGED_NIGHTS, judge_last_nights
from tears.journal.web.pages.sensitivity.room_levels import choose_level, read_levels
from tears.policy.sensitivity import Sensitivity

_MOST_JUDGED_NIGHTS = 28


class AskedNights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the last nights are judged."""

    nights: Annotated[int, Meta(ge=1, le=_MOST_JUDGED_NIGHTS)] = JUDGED_NIGHTS


class LevelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What one level would have done.

    Attributes:
        alerts: their number in each night, by the date of its evening.
        found: how many of the sounds that a parent calls crying would have had an alert.
        missed: how many would have had none.
        false_alerts: for how many of the sounds that a parent calls something else there would have been an alert.
    """

    level: Sensitivity
    alerts: dict[dt.date, int]
    alerts_in_all: int
    found: int
    missed: int
    false_alerts: int


class RoomLevel(msgspec.Struct, frozen=True, kw_only=True):
    """The level of a room; null if it has thresholds of its own."""

    room: str
    name: str
    level: Sensitivity | None


class SensitivityAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The evenings of the nights of which something is known, the number of answers, the levels, and the rooms."""

    nights: list[dt.date]
    answers: int
    levels: list[LevelAnswer]
    rooms: list[RoomLevel]


class GivenLevel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level for a room, or for all of them if none is named."""

    level: Sensitivity
    room: str = ""


class SensitivityCalls:
    """What a program may ask about sensitivity, and choose; `parts` must have `history`."""

    def __init__(self, parts: JournalParts) -> None:
        self._parts = parts

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        return [
            ApiCall(
                "GET",
                "/sensitivity",
                "Say what each level would have done in the last nights of this home.",
                self.judge,
                SensitivityAnswer,
                AskedNights,
            ),
            ApiCall(
                "PUT",
                "/sensitivity",
                "Choose a level, from the next second of sound on.",
                self.choose,
                list[RoomLevel],
                takes=GivenLevel,
                role=Role.PARENT,
            ),
        ]

    def judge(self, asked: ApiRequest[AskedNights, NoFields]) -> SensitivityAnswer:
        """Return what each level would have done, and which one each room has."""
        judged = judge_last_nights(self._parts.history, self._parts.clock.wall_seconds(), asked.query.nights)
        levels = [
            LevelAnswer(
                level=level,
                alerts=dict(one.alerts),
                alerts_in_all=one.alerts_in_all,
                found=one.found,
                missed=one.missed,
                false_alerts=one.false_alerts,
            )
            for level, one in judged.results.items()
        ]
        return SensitivityAnswer(
            nights=judged.evenings, answers=len(judged.labels), levels=levels, rooms=self._room_levels()
        )

    def choose(self, asked: ApiRequest[NoFields, GivenLevel]) -> list[RoomLevel]:
        """Let the alerter use another level, and return those that the rooms have; blocks until it has answered."""
        choose_level(self._parts.redis, asked.body.level, asked.body.room)
        return self._room_levels()

    def _room_levels(self) -> list[RoomLevel]:
        found = read_levels(self._parts.redis, self._parts.name_of)
        return [RoomLevel(room=one.mic, name=one.name, level=one.level) for one in found]
