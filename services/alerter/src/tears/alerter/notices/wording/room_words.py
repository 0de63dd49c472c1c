"""The words about a room: crying, and whether somebody listens. No I/O."""

import shlex

from tears.alerter.notices.kinds import ListeningFault
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording.proof_words import clear_sound_words, clipping_words
from tears.alerter.notices.wording.speech import Speech
from tears.kit.messages import Ending
from tears.kit.registry.mic_names import room_of_mic


def crying_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say since when somebody cries."""
    room, since = speech.room(notice.mic), speech.time(since_seconds(notice))
    return speech.say("{room}: crying", room=room), speech.say("Crying since {time}.", time=since)


def still_crying_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say for how long somebody has cried, without anybody's reaction."""
    room, since = speech.room(notice.mic), since_seconds(notice)
    values = {"time": speech.time(since), "duration": speech.duration(notice.happened_at_seconds - since)}
    body = speech.say("Crying for {duration}, since {time}. Nobody has reacted yet.", **values)
    return speech.say("{room}: still crying", room=room), body


def crying_ended_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say how long somebody has cried; and if it was not heard to the end, that it may go on."""
    room = speech.room(notice.mic)
    values = {
        "room": room,
        "duration": speech.duration(float(notice.facts.get("length_seconds", 0.0))),
        "since": speech.time(since_seconds(notice)),
        "until": speech.time(float(notice.facts.get("until_seconds", notice.happened_at_seconds))),
    }
    if notice.facts.get("ending", Ending.QUIET.name) == Ending.QUIET.name:
        body = speech.say("Crying for {duration}, from {since} to {until}.", **values)
        return speech.say("{room}: crying has ended", room=room), body
    body = speech.say(
        "Crying for {duration}, from {since} to {until}. Since then nobody has listened to {room}, so it may go on.",
        **values,
    )
    return speech.say("{room}: crying is no longer heard", room=room), body


def not_listening_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say why crying in the room would go unnoticed."""
    if notice.facts.get("reason") == ListeningFault.CLIPPING:
        return clipping_words(notice, speech)
    room = speech.room(notice.mic)
    values = {"reason": _reason(notice, speech), "time": speech.time(since_seconds(notice)), "room": room}
    body = speech.say("{reason}, at {time}. Crying in {room} would go unnoticed.", **values)
    return speech.say("{room}: not listening", room=room), body


def listening_again_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say since when somebody listens again."""
    if notice.facts.get("reason") == ListeningFault.CLIPPING:
        return clear_sound_words(notice, speech)
    room, since = speech.room(notice.mic), speech.time(notice.happened_at_seconds)
    body = speech.say("Listening to {room} again, since {time}.", room=room, time=since)
    return speech.say("{room}: listening again", room=room), body


def since_seconds(notice: Notice) -> float:
    """Return the wall clock when it began; a repeat happens later."""
    return float(notice.facts.get("since_seconds", notice.happened_at_seconds))


def _reason(notice: Notice, speech: Speech) -> str:
    match notice.facts.get("reason"):
        case ListeningFault.SILENT:
            return speech.say("The microphone gives nothing but silence: it is muted, unplugged or broken")
        case ListeningFault.STALLED:
            return speech.say("The microphone gives no sound any more")
        case ListeningFault.ABSENT:
            return speech.say("The microphone cannot be found")
        case ListeningFault.NOT_BACK:
            command = f"tears retire {shlex.quote(room_of_mic(notice.mic))}"
            return speech.say(
                "The recorder was stopped and has not come back (if that is meant to be so: {command})", command=command
            )
        case ListeningFault.OVERLOADED:
            return speech.say("Tears has more rooms to listen to than this machine can do")
    return _unchecked_words(float(notice.facts.get("silent_seconds", 0.0)), speech)


def _unchecked_words(silent_seconds: float, speech: Speech) -> str:
    if not silent_seconds:
        return speech.say("Nothing could be checked for crying")
    return speech.say("Nothing could be checked for crying for {duration}", duration=speech.duration(silent_seconds))
