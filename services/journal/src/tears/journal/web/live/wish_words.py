"""What the page says when a parent has asked something of the alerter. No I/O: values in, sentences out."""

from tears.journal.live.room_commands import RoomWish, WishOutcome
from tears.journal.web.words.page_words import PageWords
from tears.kit.registry.mic_names import room_of_mic


def answer_words(mic: str, wish: RoomWish, outcome: WishOutcome, words: PageWords) -> str:
    """Say what became of a wish."""
    room = room_of_mic(mic)
    if outcome.is_good:
        done = {
            RoomWish.ACKNOWLEDGE: words.say(
                "{room}: nobody is reminded again, because you are looking after it.", room=room
            ),
            RoomWish.SNOOZE: words.say("{room} is snoozed.", room=room),
            RoomWish.HOLD: words.say("{room} is on hold until it has been quiet for 20 minutes.", room=room),
            RoomWish.RESUME: words.say("{room}: crying is told again.", room=room),
        }
        if outcome is WishOutcome.NEEDLESS and wish is RoomWish.ACKNOWLEDGE:
            return words.say("{room}: there is nothing to acknowledge.", room=room)
        return done[wish]
    failed = {
        WishOutcome.UNKNOWN: words.say("{room}: the alerter does not know this room yet.", room=room),
        WishOutcome.UNANSWERED: words.say("{room}: the alerter has not answered. Is it running?", room=room),
        WishOutcome.NO_REDIS: words.say("{room}: Redis does not answer, so nothing has changed.", room=room),
    }
    return failed.get(outcome, words.say("{room}: the alerter could not do that; its log says why.", room=room))
