"""The words on the buttons of a notice. No I/O but the load of a catalogue."""

from tears.alerter.notices.wording.speech import Speech


def acknowledge_word(language: str) -> str:
    """Return what the button says by which a parent acknowledges an alert: one word of ASCII letters.

    It travels in a header, and Apprise does not decode the space of a query.
    """
    return Speech(language, now_seconds=0.0).say("Coming")
