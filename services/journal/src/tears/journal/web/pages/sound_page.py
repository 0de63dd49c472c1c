"""The page of one sound: an episode of crying, or a near miss."""

import datetime as dt
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from tears.journal.history import HistoryFile
from tears.journal.history.records import ClipState, KeptEpisode, KeptStretch, NearMiss
from tears.journal.web.drawing.curve import columns_of
from tears.journal.web.errors import NotThereError
from tears.journal.web.pages.sound_words import clip_words, length_words, notice_words
from tears.journal.web.rendering import render, words_for
from tears.journal.web.words.page_words import PageWords
from tears.kit.calendar.nights import night_at

# What is drawn around a sound that has no clip.
_BEFORE_SECONDS, _AFTER_SECONDS = 10.0, 5.0
_LONGEST_DRAWN_SECONDS: Final = 600.0
# A clip has at most five minutes, and a phone fewer pixels.
_SOUND_COLUMNS: Final = 300


class FoundSound(NamedTuple):
    """An episode or a near miss."""

    sound: KeptEpisode | NearMiss
    is_crying: bool


class SoundNeighbours(NamedTuple):
    """The ids of the sounds before and after one in the same night or day; empty at the ends."""

    before: str
    after: str


def find_sound(history: HistoryFile, sound_id: str) -> FoundSound:
    """Return the episode or the near miss with an id; raise NotThereError, in words."""
    episode = history.episode(sound_id)
    if episode is not None:
        return FoundSound(episode, is_crying=True)
    near_miss = history.near_miss(sound_id)
    if near_miss is None:
        raise NotThereError("This sound is not there. It may have been deleted, by somebody or because it was old.")
    return FoundSound(near_miss, is_crying=False)


def show_sound(
    request: Request,
    history: HistoryFile,
    found: FoundSound,
    now_at: float,
    *,
    share_url: str = "",
    share_until: str = "",
) -> Response:
    """Return the page of a sound, as seen at the wall clock's `now_at`, with a link to share if one was made."""
    words = words_for(request)
    sound, is_crying = found
    from_at, seconds = _span(sound, now_at)
    began = dt.date.fromtimestamp(sound.began_at)  # noqa: DTZ012 - local time is meant
    night = night_at(sound.began_at)
    neighbours = neighbours_of(history.night(night.evening) if night else history.day(began), sound.id)
    began_words = words.clock(sound.began_at)
    return render(
        request,
        "episode.html",
        sound=sound,
        is_crying=is_crying,
        heading=words.say("Crying at {time}", time=began_words)
        if is_crying
        else words.say("A sound at {time}", time=began_words),
        day=began,
        length=length_words(sound, now_at, words),
        columns=columns_of(history.series(sound.mic, from_at, from_at + seconds), _SOUND_COLUMNS),
        from_at=from_at,
        span_seconds=seconds,
        clip_words=clip_words(sound.clip.state, words),
        notices=_told(sound, words),
        back=f"/nights/{night}" if night else f"/days/{began}",
        before=neighbours.before,
        after=neighbours.after,
        said=_said(request, words),
        share_url=share_url,
        share_until=share_until,
    )


def neighbours_of(stretch: KeptStretch, sound_id: str) -> SoundNeighbours:
    """Return the sounds of a stretch, of all rooms, before and after one of them."""
    starts = [(one.began_at, one.id) for room in stretch.rooms for one in room.episodes]
    starts += [(one.began_at, one.id) for room in stretch.rooms for one in room.near_misses]
    ids = [found_id for _, found_id in sorted(starts)]
    if sound_id not in ids:
        return SoundNeighbours("", "")
    at = ids.index(sound_id)
    return SoundNeighbours(ids[at - 1] if at else "", ids[at + 1] if at + 1 < len(ids) else "")


def _span(sound: KeptEpisode | NearMiss, now_at: float) -> tuple[float, float]:
    """Return the start and the length of what is drawn: the clip, or the sound with a margin."""
    if sound.clip.state is ClipState.KEPT and sound.clip.seconds:
        return sound.clip.from_at, sound.clip.seconds
    from_at = sound.began_at - _BEFORE_SECONDS
    ended_at = now_at if sound.ended_at is None else sound.ended_at + _AFTER_SECONDS
    return from_at, min(_LONGEST_DRAWN_SECONDS, max(1.0, ended_at - from_at))


def _told(sound: KeptEpisode | NearMiss, words: PageWords) -> list[tuple[str, str]]:
    notices = sound.notices if isinstance(sound, KeptEpisode) else ()
    return [(words.exact_clock(one.at), notice_words(one, words)) for one in notices]


def _said(request: Request, words: PageWords) -> str:
    """Return what has just been done, for a visitor who comes back from a form."""
    match request.query_params.get("done"):
        case "labelled":
            return words.say("Thank you. Tears learns from your answer, and keeps this sound.")
        case "taken-back":
            return words.say("Your answer is taken back.")
        case "starred":
            return words.say("Starred: it stays, however old it gets.")
        case "unstarred":
            return words.say("The star is gone.")
        case _:
            return ""
