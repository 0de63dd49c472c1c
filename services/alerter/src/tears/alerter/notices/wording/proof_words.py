"""The words about what the proof of listening finds: the stage that does not work, and how to mend it. No I/O."""

from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording.speech import Speech


def self_test_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say which part of Tears does not work, since when, and what to do."""
    since = speech.time(float(notice.facts.get("since_seconds", notice.happened_at_seconds)))
    heard = speech.say("A cry that Tears plays to itself every minute is not recognised, since {time}.", time=since)
    risk = speech.say("Crying in any room could go unnoticed.")
    return speech.say("Tears: not listening"), f"{heard} {_stage_words(notice, speech)} {risk}"


def clock_words(speech: Speech) -> tuple[str, str]:
    """Say that the clock is wrong, and what follows from that."""
    body = speech.say(
        "Listening goes on. But the clock of the machine cannot be right, so all times are wrong, and some receivers "
        "refuse alerts. The clock is set from the network: check whether the machine reaches the internet."
    )
    return speech.say("Tears: the clock is wrong"), body


def receiver_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say which receiver takes no alerts."""
    values = {
        "receiver": notice.facts.get("receiver", ""),
        "time": speech.time(float(notice.facts.get("since_seconds", notice.happened_at_seconds))),
    }
    waiting = int(notice.facts.get("waiting", 0))
    body = speech.say_number(
        "Since {time}, one receiver has taken no alerts: {receiver}. {number} alert is waiting. Check the service "
        "and the network.",
        "Since {time}, one receiver has taken no alerts: {receiver}. {number} alerts are waiting. Check the service "
        "and the network.",
        waiting,
        **values,
    )
    return speech.say("Tears: alerts do not arrive everywhere"), body


def setting_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say which setting was left out."""
    body = speech.say(
        "Listening and alerts go on. But the address in {variable} can never be reached, so Tears does without it. "
        "Correct it: it needs a host, and a port may be 65535 at most. Then start Tears again.",
        variable=notice.facts.get("variable", ""),
    )
    return speech.say("Tears: a setting has a fault"), body


def clipping_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say that the sound of a room is cut off."""
    since = speech.time(float(notice.facts.get("since_seconds", notice.happened_at_seconds)))
    body = speech.say(
        "The sound of the microphone is too loud and has been cut off since {time}, so crying may not be recognised. "
        "Lower its level (alsamixer, F4), or move it away from what is loud.",
        time=since,
    )
    return speech.say("{room}: distorted sound", room=speech.room(notice.mic)), body


def clear_sound_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say that the sound of a room is no longer cut off."""
    since = speech.time(notice.happened_at_seconds)
    title = speech.say("{room}: clear sound again", room=speech.room(notice.mic))
    return title, speech.say("All is well again, since {time}.", time=since)


def _stage_words(notice: Notice, speech: Speech) -> str:
    """Return the words for the fact `stage`, a value of `FailedStage`."""
    words = {
        "redis": speech.say(
            "Redis, which connects the parts of Tears, does not work. Restart it, and check whether the disk or the "
            "memory is full."
        ),
        "preprocessor": speech.say("The preprocessor does not work. Restart it."),
        "classifier": speech.say("The classifier does not work. Restart it."),
        "model_server": speech.say("The model server does not work. Restart it."),
        "model": speech.say("The model does not know it. Go back to the model before: tears model rollback."),
        "overload": speech.say("The machine is too slow. End what else runs on it, or listen to fewer rooms."),
    }
    return words.get(str(notice.facts.get("stage")), speech.say("It was lost on its way. Restart Tears."))
