"""What the page and the API say of a room. No I/O: values in, sentences out."""

from collections.abc import Iterable
from typing import Final

import msgspec

from tears.journal.live.room_now import ListeningTrouble, RoomCondition, RoomNow
from tears.journal.web.words.page_words import PageWords

# The bar of the level begins here: below it, nothing is heard.
_BAR_FLOOR_DBFS: Final = -80.0


class RoomOnPage(msgspec.Struct, frozen=True, kw_only=True):
    """A room in words and figures, as the page shows it.

    Attributes:
        mic: the name of the room in addresses.
        name: the name of the room for people.
        state: what is true of it in a few words, such as "Crying since 03:07".
        detail: what to know or to do about that; empty if there is nothing.
        silence: why crying is not told there; empty if it is told.
        loudness: 0 to 100; null while no sound comes.
        likeness: how much the last seconds sound like crying, 0 to 100; null while nothing is checked.
        crying_since: seconds since 1970; null if nobody cries, or if that is not known.
        episode_id: the crying that goes on; empty if there is none.
        snoozed_until: seconds since 1970; 0 if it is not snoozed.
    """

    mic: str
    name: str
    condition: RoomCondition
    trouble: ListeningTrouble | None
    state: str
    detail: str
    silence: str
    loudness: int | None
    likeness: int | None
    crying_since: float | None
    episode_id: str
    snoozed_until: float
    is_held: bool
    is_acknowledged: bool


def rooms_on_page(rooms: Iterable[RoomNow], words: PageWords, now: float) -> list[RoomOnPage]:
    """Return what is shown of rooms; `now` is the wall clock."""
    return [room_on_page(room, words, now) for room in rooms]


def room_on_page(room: RoomNow, words: PageWords, now: float) -> RoomOnPage:
    """Return what is shown of a room; `now` is the wall clock."""
    return RoomOnPage(
        mic=room.mic,
        name=room.room_name,
        condition=room.condition,
        trouble=room.trouble,
        state=_state_words(room, words),
        detail=_detail_words(room, words, now),
        silence=_silence_words(room, words),
        loudness=None if room.level_dbfs is None else round(_share(1 - room.level_dbfs / _BAR_FLOOR_DBFS) * 100),
        likeness=None if room.score is None else round(_share(room.score) * 100),
        crying_since=room.crying_since,
        episode_id=room.episode_id,
        snoozed_until=room.snoozed_until,
        is_held=room.is_held,
        is_acknowledged=room.is_acknowledged,
    )


def _state_words(room: RoomNow, words: PageWords) -> str:
    match room.condition:
        case RoomCondition.QUIET:
            return words.say("Quiet")
        case RoomCondition.CRYING if room.crying_since is not None:
            return words.say("Crying since {time}", time=words.clock(room.crying_since))
        case RoomCondition.CRYING:
            return words.say("Crying")
        case RoomCondition.STARTING:
            return words.say("Starting")
        case RoomCondition.OFF:
            return words.say("Switched off")
    return words.say("Not listening")


def _detail_words(room: RoomNow, words: PageWords, now: float) -> str:
    if room.trouble is not None:
        return trouble_words(room.trouble, words)
    if room.condition is RoomCondition.CRYING:
        return _crying_words(room, words, now)
    if room.is_clipping:
        return words.say("The microphone is too loud: move it away from the bed, or turn it down.")
    if room.is_overloaded and room.condition is RoomCondition.QUIET:
        return words.say("Some seconds are left out, because this machine has too much to do: listen to fewer rooms.")
    details = {
        RoomCondition.QUIET: words.say("Tears is listening."),
        RoomCondition.STARTING: words.say("It takes a few seconds until crying would be noticed."),
        RoomCondition.OFF: words.say("Nobody listens to this room, because its recorder was stopped."),
    }
    return details.get(room.condition, "")


def _crying_words(room: RoomNow, words: PageWords, now: float) -> str:
    if room.is_acknowledged:
        return words.say("Somebody is looking after it.")
    return (
        ""
        if room.crying_since is None
        else words.say("For {duration}.", duration=words.duration(now - room.crying_since))
    )


def trouble_words(trouble: ListeningTrouble, words: PageWords) -> str:
    """Say why nobody listens, and what to do."""
    reasons = {
        ListeningTrouble.NO_REDIS: words.say(
            "This page cannot see what is heard: Redis, which carries the sound, does not answer."
        ),
        ListeningTrouble.MIC_SILENT: words.say(
            "The microphone gives nothing but silence: it is muted, unplugged or broken."
        ),
        ListeningTrouble.MIC_STALLED: words.say("The microphone gives no sound any more: plug it in again."),
        ListeningTrouble.MIC_ABSENT: words.say("The microphone cannot be found: is it plugged in?"),
        ListeningTrouble.NO_SOUND: words.say("No sound comes from the microphone: is its device switched on?"),
        ListeningTrouble.NO_SCORES: words.say(
            "There is sound, but nothing checks it for crying: a part of Tears is not running."
        ),
        ListeningTrouble.OVERLOADED: words.say(
            "There is sound, but this machine has too much to do to check it for crying: listen to fewer rooms."
        ),
        ListeningTrouble.NO_ALERTER: words.say(
            "There is sound, but nobody would be alerted: a part of Tears is not running."
        ),
    }
    return reasons[trouble]


def _silence_words(room: RoomNow, words: PageWords) -> str:
    if room.snoozed_until:
        return words.say("Snoozed until {time}: nobody is alerted.", time=words.clock(room.snoozed_until))
    return words.say("On hold until it has been quiet for a while: nobody is alerted.") if room.is_held else ""


def _share(value: float) -> float:
    return min(max(value, 0.0), 1.0)
