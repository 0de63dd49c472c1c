"""What the page of a night or a day shows of each room. No I/O."""

from dataclasses import dataclass
from typing import Final

from tears.journal.history.records import KeptStretch, NearMiss, RoomStretch
from tears.journal.web.drawing.timeline import Timeline, timeline_of
from tears.journal.web.words.page_words import PageWords

# A page of more than these nobody reads; the others are counted.
MOST_NEAR_MISSES: Final = 40
# A shorter time without anybody listening is not worth a word.
_WORTH_SAYING_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class SeenRoom:
    """One room on the page.

    Attributes:
        summary: the figures in sentences.
        near_misses: those that are shown, the earliest first.
    """

    room: RoomStretch
    summary: str
    timeline: Timeline
    near_misses: tuple[NearMiss, ...]


def room_views(stretch: KeptStretch, now_at: float, words: PageWords) -> list[SeenRoom]:
    """Return the rooms of a stretch, as seen at the wall clock's `now_at`."""
    heard_until = min(now_at, stretch.to_at)
    return [
        SeenRoom(
            room=room,
            summary=_summary(room, heard_until - stretch.from_at, words),
            timeline=timeline_of(room, stretch.from_at, stretch.to_at, now_at),
            near_misses=_most_alike(room.near_misses),
        )
        for room in stretch.rooms
    ]


def _summary(room: RoomStretch, passed_seconds: float, words: PageWords) -> str:
    """Say how often and how long there was crying, and for how long nobody listened."""
    unheard_seconds = passed_seconds - room.heard_seconds
    crying = words.duration(room.crying_seconds)
    if room.episodes:
        parts = [
            words.say_number(
                "Cried {number} time, {crying}.",
                "Cried {number} times, {crying} in all.",
                len(room.episodes),
                crying=crying,
            )
        ]
    else:
        parts = [words.say("No crying was heard.")]
    if unheard_seconds >= _WORTH_SAYING_SECONDS:
        parts.append(words.say("Nobody listened for {duration}.", duration=words.duration(unheard_seconds)))
    return " ".join(parts)


def _most_alike(near_misses: tuple[NearMiss, ...]) -> tuple[NearMiss, ...]:
    most = sorted(near_misses, key=lambda one: -one.peak_score)[:MOST_NEAR_MISSES]
    return tuple(sorted(most, key=lambda one: one.began_at))
