"""The words about a night. No I/O."""

from datetime import date

from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording.speech import Speech

# A shorter time without anybody listening is not worth a word.
_UNHEARD_SECONDS = 60.0


def night_report_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say how often and how long there was crying, and how that compares with the week before."""
    room = speech.room(notice.mic) or "Tears"
    if not _seconds(notice, "heard_seconds"):
        return _title(notice, room, speech), speech.say("Nobody listened in this night, so nothing is known of it.")
    parts = [*_crying(notice, speech), *_quiet(notice, speech), *_week(notice, speech)]
    return _title(notice, room, speech), " ".join(parts)


def _title(notice: Notice, room: str, speech: Speech) -> str:
    try:
        night = date.fromisoformat(str(notice.facts.get("night", "")))
    except ValueError:
        return speech.say("{room}: the night", room=room)
    return speech.say("{room}: the night of {date}", room=room, date=speech.date(night))


def _crying(notice: Notice, speech: Speech) -> list[str]:
    bouts = round(_seconds(notice, "bouts"))
    if not bouts:
        return [speech.say("No crying was heard.")]
    values = {
        "crying": speech.duration(_seconds(notice, "crying_seconds")),
        "longest": speech.duration(_seconds(notice, "longest_seconds")),
        "first": speech.clock(_seconds(notice, "first_seconds")),
        "last": speech.clock(_seconds(notice, "last_seconds")),
    }
    if bouts == 1:
        return [speech.say("Crying once, for {crying}, at {first}.", **values)]
    return [
        speech.say("Crying {number} times, for {crying} in all and {longest} at most.", number=bouts, **values),
        speech.say("The first time at {first}, the last time at {last}.", **values),
    ]


def _quiet(notice: Notice, speech: Speech) -> list[str]:
    found = []
    if "quiet_seconds" in notice.facts:
        values = {
            "duration": speech.duration(_seconds(notice, "quiet_seconds")),
            "time": speech.clock(_seconds(notice, "quiet_from_seconds")),
        }
        found.append(speech.say("The longest quiet was {duration}, from {time}.", **values))
    if (unheard_seconds := _seconds(notice, "unheard_seconds")) >= _UNHEARD_SECONDS:
        found.append(speech.say("Nobody listened for {duration}.", duration=speech.duration(unheard_seconds)))
    return found


def _week(notice: Notice, speech: Speech) -> list[str]:
    if "week_bouts" not in notice.facts:
        return []
    duration = speech.duration(_seconds(notice, "week_crying_seconds"))
    bouts = round(_seconds(notice, "week_bouts"))
    return [
        speech.say_number(
            "A usual night of the week before: {number} time, {duration}.",
            "A usual night of the week before: {number} times, {duration}.",
            bouts,
            duration=duration,
        )
    ]


def _seconds(notice: Notice, name: str) -> float:
    return float(notice.facts.get(name, 0.0))
