"""What the page says when a parent has asked something of the alerter. No I/O: values in, sentences out."""

from collections.abc import Callable

import msgspec

from tears.journal.live.room_commands import RoomWish, WishOutcome
from tears.journal.web.words.page_words import PageWords
from tears.kit.registry.mic_names import room_of_mic


class WishOnPage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a wish, and the words for it."""

    outcome: WishOutcome
    is_good: bool
    words: str


def wish_on_page(
    mic: str, wish: RoomWish, outcome: WishOutcome, words: PageWords, name_of: Callable[[str], str] = room_of_mic
) -> WishOnPage:
    """Return the answer to a wish in words; `name_of` returns the name of a microphone's room for people."""
    room = name_of(mic)
    said = _good_words(room, wish, outcome, words) if outcome.is_good else _bad_words(room, outcome, words)
    return WishOnPage(outcome=outcome, is_good=outcome.is_good, words=said)


def _good_words(room: str, wish: RoomWish, outcome: WishOutcome, words: PageWords) -> str:
    if outcome is WishOutcome.NEEDLESS and wish is RoomWish.ACKNOWLEDGE:
        return words.say("{room}: there is nothing to acknowledge.", room=room)
    done = {
        RoomWish.ACKNOWLEDGE: words.say("{room}: you are looking after it, so nobody is reminded again.", room=room),
        RoomWish.SNOOZE: words.say("{room} is snoozed.", room=room),
        RoomWish.HOLD: words.say("{room} is on hold until it has been quiet for 20 minutes.", room=room),
        RoomWish.RESUME: words.say("{room}: you are alerted again when somebody cries.", room=room),
    }
    return done[wish]


def _bad_words(room: str, outcome: WishOutcome, words: PageWords) -> str:
    failed = {
        WishOutcome.UNKNOWN: words.say("{room}: the alerter does not know this room yet.", room=room),
        # As long as a command waits for it (STALE_COMMAND_SECONDS).
        WishOutcome.UNANSWERED: words.say(
            "{room}: the alerter has not answered. Is it running? If it comes back within a minute, it does this then.",
            room=room,
        ),
        WishOutcome.NO_REDIS: words.say("{room}: Redis does not answer, so nothing has changed.", room=room),
    }
    return failed.get(outcome, words.say("{room}: the alerter could not do that; its log says why.", room=room))
