"""The words of notices that could not be delivered when they were news, told as one. No I/O."""

from tears.alerter.notices.kinds import ABOUT_CRYING, NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording.room_words import since_seconds
from tears.alerter.notices.wording.speech import Speech


def late_words(notice: Notice, words: tuple[str, str], speech: Speech) -> tuple[str, str]:
    """Return the words for a late notice and the `earlier` ones that it stands for.

    `words` are those of the newest alone, as if it were not late.
    """
    title, body = words
    notices = [*notice.earlier, notice]
    if notice.kind in ABOUT_CRYING:
        title, body = _crying_summary(notices, words, speech)
    elif notice.kind is NoticeKind.LISTENING_AGAIN and len(notices) > 1 and _was_deaf(notice):
        values = {
            "room": speech.room(notice.mic),
            "first": speech.time(notices[0].happened_at_seconds),
            "last": speech.time(notice.happened_at_seconds),
        }
        body = speech.say("Nobody listened to {room} at times since {first}. Listening again since {last}.", **values)
    late_seconds = speech.now_seconds - notices[0].happened_at_seconds
    late = speech.say(
        "This message is {duration} late: it could not be delivered before.", duration=speech.duration(late_seconds)
    )
    return speech.say("{title} (late)", title=title), f"{body} {late}"


def _was_deaf(notice: Notice) -> bool:
    """Return whether it says that somebody listens again, and not that another trouble is over."""
    return bool(notice.mic) and not notice.facts.get("trouble")


def _crying_summary(notices: list[Notice], words: tuple[str, str], speech: Speech) -> tuple[str, str]:
    """Say when each crying began, and how the last one went on if more is known of it."""
    title, body = words
    # A repeat, or the end, belongs to a crying whose beginning may be among the others.
    begun = {one.facts.get("episode_id", one.key): since_seconds(one) for one in notices}
    if len(begun) > 1:
        title = speech.say_number("{title}, {number} time", "{title}, {number} times", len(begun), title=title)
    if len(begun) == 1 and notices[-1].kind is not NoticeKind.CRYING:
        return title, body
    summary = speech.say("Crying began at {times}.", times=speech.times(list(begun.values())))
    return title, summary if notices[-1].kind is NoticeKind.CRYING else f"{summary} {body}"
