"""The words about the house: its troubles, and tests. No I/O."""

from tears.alerter.notices.kinds import ListeningFault
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording.proof_words import clock_words, receiver_words, self_test_words, setting_words
from tears.alerter.notices.wording.speech import Speech


def trouble_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say what is wrong with the house, and what follows from that."""
    error = str(notice.facts.get("error", "")).rstrip(".") or speech.say("it is not known")
    match notice.facts.get("reason"):
        case ListeningFault.MEMORY_DAMAGED:
            title = speech.say("Tears: its memory was damaged")
            body = speech.say("Listening goes on. But an alert that was not delivered before may be lost.")
        case ListeningFault.MEMORY_ONLY:
            title = speech.say("Tears: alerts are not saved")
            body = speech.say(
                "Listening goes on, and alerts are sent. But a restart or a power cut may lose or repeat an alert."
            )
        case ListeningFault.SELF_TEST:
            return self_test_words(notice, speech)
        case ListeningFault.CLOCK:
            return clock_words(speech)
        case ListeningFault.RECEIVER:
            return receiver_words(notice, speech)
        case ListeningFault.SETTING:
            return setting_words(notice, speech)
        case ListeningFault.RECEIVERS_FILE:
            title = speech.say("Tears: the list of receivers has a fault")
            body = speech.say(
                "Alerts go to the receivers of before, and a change of the list has no effect. Correct it on the setup "
                "page or in the file alerts.toml."
            )
        case _:
            title = speech.say("Tears: not listening")
            body = speech.say("Crying could go unnoticed.")
    return title, " ".join((body, speech.say("The reason: {error}.", error=error)))


def trouble_over_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say that a trouble of the house is over."""
    if notice.facts.get("trouble") == ListeningFault.MEMORY_ONLY:
        body = speech.say("The file with the alerts can be written again.")
        return speech.say("Tears: alerts are saved again"), body
    since = speech.time(notice.happened_at_seconds)
    match notice.facts.get("reason"):
        case ListeningFault.CLOCK:
            title = speech.say("Tears: the clock is right again")
        case ListeningFault.RECEIVER:
            title = speech.say("Tears: alerts arrive everywhere again")
        case ListeningFault.RECEIVERS_FILE:
            title = speech.say("Tears: the list of receivers is right again")
        case ListeningFault.SETTING:
            title = speech.say("Tears: the settings are right again")
        case _:
            title = speech.say("Tears: listening again")
    return title, speech.say("All is well again, since {time}.", time=since)


def testing_words(notice: Notice, speech: Speech) -> tuple[str, str]:
    """Say that this is only a test."""
    room = speech.room(notice.mic) or "Tears"
    return speech.say("{room}: test", room=room), speech.say("This is a test. Nobody needs to do anything.")


def file_words(brings: str, speech: Speech) -> str:
    """Say what the file of a second message is; the text before it has said everything else."""
    return speech.say("This is what was heard.") if brings == "sound" else speech.say("This is the picture of it.")
