"""The words about one sound: how long it was, who was told, and why it cannot be played. No I/O."""

from tears.journal.history.records import ClipState, EpisodeNotice, KeptEpisode, NearMiss
from tears.journal.web.drawing.timeline import is_going_on
from tears.journal.web.words.page_words import PageWords


def length_words(sound: KeptEpisode | NearMiss, now_at: float, words: PageWords) -> str:
    """Return how long a sound was, or that it goes on."""
    if sound.ended_at is not None:
        return words.duration(sound.ended_at - sound.began_at)
    if is_going_on(sound, now_at):
        return words.say("goes on")
    return words.say("the end is not known")


def clip_words(state: ClipState, words: PageWords) -> str:
    """Return why a sound cannot be played."""
    match state:
        case ClipState.DELETED:
            return words.say("The sound has been deleted. Setup shows for how long sounds are kept.")
        case ClipState.FAILED:
            return words.say("The sound could not be kept: the disk was full or broken.")
        case _:
            return words.say("No sound of this was kept. While it goes on, there is none yet.")


def notice_words(notice: EpisodeNotice, words: PageWords) -> str:
    """Return who was told, or who has acknowledged it."""
    match notice.kind:
        case "crying":
            return words.say("Told {who}", who=notice.who)
        case "still_crying":
            return words.say("Told {who} again, because nobody had reacted", who=notice.who)
        case "crying_ended":
            return words.say("Told {who} that it has ended", who=notice.who)
        case "acknowledged":
            return words.say("Acknowledged {where}", where=_place_words(notice.who, words))
        case _:
            return f"{notice.who}: {notice.kind}"


def _place_words(sender: str, words: PageWords) -> str:
    match sender:
        case "journal":
            return words.say("on this page")
        case "mqtt":
            return words.say("in Home Assistant")
        case "cli":
            return words.say("with the tears command")
        case "":
            return words.say("by somebody")
        case _:
            return words.say("by {who}", who=sender)
