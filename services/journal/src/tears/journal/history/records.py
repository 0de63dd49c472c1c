"""What the history keeps, as frozen values that pages and the API show. No I/O.

All times are seconds since 1970 (UTC, float). A night is named by the date of its evening and lasts from 18:00 to 10:00
of the house's time zone; a day lasts from midnight to midnight.
"""

import datetime as dt
import enum
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

# In `NightSeries`: nothing was heard in this second.
HOLE: Final = 255
# In `NightSeries.levels`: 0 stands for this level, which is digital silence.
LEAST_LEVEL_DBFS: Final = -120


class Verdict(enum.StrEnum):
    """What a parent says that a sound was."""

    CRYING = "crying"
    CAT = "cat"
    DOOR = "door"
    ADULT = "adult"
    TOY = "toy"
    OTHER = "other"


class ClipState(enum.StrEnum):
    """Whether the sound of an episode, a near miss or a mark can be played."""

    # No clip was made: clips are switched off, or none of the sound was left.
    NONE = "none"
    KEPT = "kept"
    # It was kept, and was deleted by the limits of what is kept, or by a parent.
    DELETED = "deleted"
    # The disk did not take it.
    FAILED = "failed"


class KeptClip(msgspec.Struct, frozen=True, kw_only=True):
    """The sound of an episode, a near miss or a mark, by the id of that.

    Attributes:
        from_at: the time of its first sample; 0 if there never was a clip.
        seconds: its length; 0 if there never was a clip.
    """

    state: ClipState = ClipState.NONE
    from_at: float = 0.0
    seconds: float = 0.0


class ParentLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What a parent says about a stretch of one room's sound.

    Attributes:
        made_by: who said it, such as `parent` or the name of an API token.
        episode_id: the episode that it is about; None for another stretch.
        near_miss_id: the near miss that it is about; None for another stretch. A label with neither is a mark: its own
            id is also that of its clip.
    """

    id: str
    mic: str
    from_at: float
    to_at: float
    verdict: Verdict
    made_by: str
    made_at: float
    episode_id: str | None = None
    near_miss_id: str | None = None


class EpisodeNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was told of an episode, or acknowledged it.

    Attributes:
        kind: what the notice was about, in the alerter's words: `crying`, `still_crying`, `crying_ended`; or
            `acknowledged`.
        who: the name of the receiver; for `acknowledged`, what gave the command, such as `cli`, `mqtt` or `journal`.
    """

    kind: str
    who: str
    at: float


class KeptEpisode(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of crying.

    Attributes:
        room_name: the room's name for people.
        ended_at: None while it goes on, and if its end was never heard of.
        alerted_at: when there was enough crying for an alert.
        ending: why it ended, in lower case: `quiet`, `end_of_session` or `deaf`; empty while it goes on.
        level_dbfs: the highest level of a second in it, before gain; -120 if none is known.
        notices: who was told and who acknowledged, in the order of time.
    """

    id: str
    mic: str
    room_name: str
    began_at: float
    alerted_at: float
    ended_at: float | None
    peak_score: float
    level_dbfs: float
    ending: str = ""
    clip: KeptClip = KeptClip()
    label: ParentLabel | None = None
    starred: bool = False
    notices: tuple[EpisodeNotice, ...] = ()

    @property
    def seconds(self) -> float:
        """Its length; up to the alert if its end is not known."""
        return (self.alerted_at if self.ended_at is None else self.ended_at) - self.began_at


class NearMiss(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which the score was above half of what opens an episode, and none was open."""

    id: str
    mic: str
    room_name: str
    began_at: float
    ended_at: float
    peak_score: float
    level_dbfs: float
    clip: KeptClip = KeptClip()
    label: ParentLabel | None = None


class NightSeries(msgspec.Struct, frozen=True, kw_only=True):
    """The scores and levels of one room, second by second.

    Attributes:
        from_at: the time of the first second.
        seconds: uint8 array; the model's score of a cry in hundredths, 0 to 100, rounded down; 255 is a hole: nothing
            was heard.
        levels: uint8 array of the same length; the level in dBFS plus 120, 0 to 120; 255 is a hole.
    """

    mic: str
    from_at: float
    seconds: npt.NDArray[np.uint8]
    levels: npt.NDArray[np.uint8]


class RoomStretch(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one room in a night, or in another stretch of time.

    Attributes:
        episodes: those that began or went on in it, the earliest first.
        near_misses: likewise.
        crying_seconds: the length of the episodes, cut to the stretch.
        heard_seconds: for how many seconds there is a score.
    """

    mic: str
    room_name: str
    series: NightSeries
    episodes: tuple[KeptEpisode, ...]
    near_misses: tuple[NearMiss, ...]
    crying_seconds: float
    heard_seconds: float


class KeptStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A night or another stretch of time, with all rooms of which something is known, by name."""

    from_at: float
    to_at: float
    rooms: tuple[RoomStretch, ...]


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one room on one day, or in one night.

    Attributes:
        date: the day, or the evening's date of the night.
        crying_seconds: the length of the episodes, cut to the day.
        longest_seconds: the length of the longest of them; 0 without any.
        near_misses: how many began.
        heard_seconds: for how many seconds there is a score.
    """

    date: dt.date
    mic: str
    room_name: str
    episodes: int
    crying_seconds: float
    longest_seconds: float
    near_misses: int
    heard_seconds: float
