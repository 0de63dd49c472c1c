"""The calls about what was heard."""

from collections.abc import Sequence
from typing import Any

from tears.journal.access.house_links import SHARED_SECONDS
from tears.journal.access.role import Role
from tears.journal.history.records import DayFigures, KeptEpisode, KeptStretch, NearMiss, ParentLabel
from tears.journal.parts import JournalParts
from tears.journal.web.api.api_call import ApiCall, ApiRequest, NoFields
from tears.journal.web.api.history_answers import (
    MOST_ASKED_SECONDS,
    AskedDays,
    AskedTime,
    GivenMark,
    GivenStar,
    GivenVerdict,
    SeriesAnswer,
    SharedLink,
    StretchAnswer,
    room_answer,
    series_answer,
)
from tears.journal.web.errors import NotThereError, WebError
from tears.journal.web.pages.asked_dates import asked_date
from tears.journal.web.pages.sound_page import find_sound

Bare = ApiRequest[NoFields, NoFields]


class HistoryCalls:
    """What a program may ask of the history, and change in it; `parts` must have `history`, `clips` and `access`."""

    def __init__(self, parts: JournalParts) -> None:
        self._parts = parts
        self._history = parts.history
        self._clock = parts.clock

    def calls(self) -> Sequence[ApiCall[Any, Any]]:
        """Return the calls."""
        parent = Role.PARENT
        return [
            ApiCall("GET", "/episodes", "List the crying in a time.", self.episodes, list[KeptEpisode], AskedTime),
            ApiCall("GET", "/near_misses", "List what was almost crying.", self.near_misses, list[NearMiss], AskedTime),
            ApiCall("GET", "/episodes/{id}", "Return one stretch of crying.", self.episode, KeptEpisode),
            ApiCall("GET", "/near_misses/{id}", "Return one sound that was almost crying.", self.near_miss, NearMiss),
            ApiCall("PUT", "/episodes/{id}/label", "Say what it was.", self.label, takes=GivenVerdict, role=parent),
            ApiCall("DELETE", "/episodes/{id}/label", "Take the answer back.", self.unlabel, role=parent),
            ApiCall("PUT", "/episodes/{id}/star", "Let it stay, or not.", self.star, takes=GivenStar, role=parent),
            ApiCall("POST", "/episodes/{id}/share", "Make a link to it.", self.share, SharedLink, role=parent),
            ApiCall("DELETE", "/episodes/{id}", "Delete it for good.", self.delete, role=parent),
            ApiCall("GET", "/series", "Return a room second by second.", self.series, SeriesAnswer, AskedTime),
            ApiCall("GET", "/nights", "List the figures of nights.", self.nights, list[DayFigures], AskedDays),
            ApiCall("GET", "/nights/{date}", "Return the night of an evening.", self.night, StretchAnswer),
            ApiCall("GET", "/days", "List the figures of days.", self.days, list[DayFigures], AskedDays),
            ApiCall("GET", "/days/{date}", "Return a day.", self.day, StretchAnswer),
            ApiCall("GET", "/labels", "List what parents have said.", self.labels, list[ParentLabel], AskedTime),
            ApiCall(
                "POST", "/marks", "Keep a sound that was missed.", self.mark, ParentLabel, takes=GivenMark, role=parent
            ),
        ]

    def episodes(self, asked: ApiRequest[AskedTime, NoFields]) -> list[KeptEpisode]:
        """Return the crying that began or went on in a time."""
        time = asked.query.check()
        found: list[KeptEpisode] = self._history.episodes(time.room, time.from_at, time.to_at)
        return found

    def near_misses(self, asked: ApiRequest[AskedTime, NoFields]) -> list[NearMiss]:
        """Return what was almost crying."""
        time = asked.query.check()
        found: list[NearMiss] = self._history.near_misses(time.room, time.from_at, time.to_at)
        return found

    def episode(self, asked: Bare) -> KeptEpisode:
        """Return an episode."""
        sound = find_sound(self._history, asked.path["id"]).sound
        if not isinstance(sound, KeptEpisode):
            raise NotThereError("This was almost crying: ask for it among near_misses.")
        return sound

    def near_miss(self, asked: Bare) -> NearMiss:
        """Return a near miss."""
        sound = find_sound(self._history, asked.path["id"]).sound
        if not isinstance(sound, NearMiss):
            raise NotThereError("This was crying: ask for it among episodes.")
        return sound

    def label(self, asked: ApiRequest[NoFields, GivenVerdict]) -> None:
        """Keep what a sound was."""
        sound, is_crying = find_sound(self._history, asked.path["id"])
        self._history.label(
            sound.mic,
            sound.began_at,
            self._clock.wall_seconds() if sound.ended_at is None else sound.ended_at,
            asked.body.verdict,
            made_by=asked.made_by,
            episode_id=sound.id if is_crying else None,
            near_miss_id=None if is_crying else sound.id,
        )

    def unlabel(self, asked: Bare) -> None:
        """Take an answer back; it is no error if there is none."""
        label = find_sound(self._history, asked.path["id"]).sound.label
        if label is not None:
            self._history.unlabel(label.id)

    def star(self, asked: ApiRequest[NoFields, GivenStar]) -> None:
        """Star an episode, or take the star away."""
        if not self._history.star(asked.path["id"], starred=asked.body.starred):
            raise NotThereError("There is no such episode.")

    def share(self, asked: Bare) -> SharedLink:
        """Return a link to a sound."""
        sound = find_sound(self._history, asked.path["id"]).sound
        assert self._parts.access is not None  # noqa: S101 - make_app checks it
        token = self._parts.access.links.share(sound.id)
        return SharedLink(f"{asked.address}shared/{token}", self._clock.wall_seconds() + SHARED_SECONDS)

    def delete(self, asked: Bare) -> None:
        """Delete a sound for good: first what can be played, then what is known of it."""
        sound = find_sound(self._history, asked.path["id"]).sound
        if self._parts.clips is not None:
            self._parts.clips.delete(sound.id)
        self._history.delete(sound.id)

    def series(self, asked: ApiRequest[AskedTime, NoFields]) -> SeriesAnswer:
        """Return a room second by second."""
        time = asked.query.check(MOST_ASKED_SECONDS)
        if time.room is None:
            raise WebError("Say of which room.")
        return series_answer(self._history.series(time.room, time.from_at, time.to_at))

    def nights(self, asked: ApiRequest[AskedDays, NoFields]) -> list[DayFigures]:
        """Return the figures of nights."""
        days = asked.query.check()
        found: list[DayFigures] = self._history.nights(days.first, days.last)
        return found

    def days(self, asked: ApiRequest[AskedDays, NoFields]) -> list[DayFigures]:
        """Return the figures of days."""
        days = asked.query.check()
        found: list[DayFigures] = self._history.days(days.first, days.last)
        return found

    def night(self, asked: Bare) -> StretchAnswer:
        """Return what is known of a night."""
        return _answer(self._history.night(asked_date(asked.path["date"])))

    def day(self, asked: Bare) -> StretchAnswer:
        """Return what is known of a day."""
        return _answer(self._history.day(asked_date(asked.path["date"])))

    def labels(self, asked: ApiRequest[AskedTime, NoFields]) -> list[ParentLabel]:
        """Return what parents have said."""
        time = asked.query.check()
        return [one for one in self._history.labels(time.from_at, time.to_at) if time.room in {None, one.mic}]

    def mark(self, asked: ApiRequest[NoFields, GivenMark]) -> ParentLabel:
        """Keep a stretch of a room's sound."""
        mark = asked.body
        if self._parts.clips is None:
            raise NotThereError("No sounds are kept here.")
        made = self._parts.clips.mark(mark.room, mark.from_at, mark.to_at, mark.verdict, made_by=asked.made_by)
        label: ParentLabel = made.label
        return label


def _answer(stretch: KeptStretch) -> StretchAnswer:
    return StretchAnswer(
        from_at=stretch.from_at, to_at=stretch.to_at, rooms=[room_answer(room) for room in stretch.rooms]
    )
