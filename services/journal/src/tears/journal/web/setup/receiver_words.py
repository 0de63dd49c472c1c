"""What the page says of receivers and of their tests. No I/O: values in, sentences out."""

from collections.abc import Callable

from tears.journal.setup.receiver_commands import ReceiverTest, ReceiverTestOutcome
from tears.journal.setup.receiver_list import ShownReceiver
from tears.journal.web.words.page_words import PageWords


def receiver_words(receiver: ShownReceiver, words: PageWords, name_of: Callable[[str], str]) -> list[str]:
    """Return what a receiver gets, and when, in short pieces; `name_of` returns the name of a room for people."""
    kinds = {
        "crying": words.say("crying"),
        "still_crying": words.say("repeats"),
        "crying_ended": words.say("the end of crying"),
        "not_listening": words.say("when nobody listens"),
        "listening_again": words.say("when somebody listens again"),
        "night_report": words.say("the report of the night"),
    }
    pieces = [
        ", ".join(kinds.get(kind, kind) for kind in receiver.kinds) if receiver.kinds else words.say("all alerts")
    ]
    pieces.append(", ".join(map(name_of, receiver.rooms)) if receiver.rooms else words.say("all rooms"))
    pieces.append(", ".join(receiver.hours) if receiver.hours else words.say("at all hours"))
    if receiver.repeat_seconds:
        pieces.append(words.say("again every {duration}", duration=words.duration(receiver.repeat_seconds)))
    if receiver.escalates_to:
        pieces.append(words.say("then {name}", name=receiver.escalates_to))
    return pieces


def receiver_test_words(test: ReceiverTest, words: PageWords) -> str:
    """Say what became of a test."""
    return {
        ReceiverTestOutcome.ACCEPTED: words.say("The test was accepted. Did the phone ring?"),
        ReceiverTestOutcome.REFUSED: words.say("The test was not accepted. Check the address, and the network."),
        ReceiverTestOutcome.UNKNOWN: words.say("The alerter does not know this receiver."),
        ReceiverTestOutcome.FAILED: words.say("The alerter could not do that; its log says why."),
        ReceiverTestOutcome.UNANSWERED: words.say("The alerter has not answered. Is it running?"),
        ReceiverTestOutcome.NO_REDIS: words.say("Redis does not answer, so no test was sent."),
    }[test.outcome]
