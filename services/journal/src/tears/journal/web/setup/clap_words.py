"""What a clap says of a microphone. No I/O: values in, sentences out."""

from tears.journal.setup.clap_check import ClapResult, ClapVerdict
from tears.journal.web.words.page_words import PageWords


def clap_words(found: ClapResult, words: PageWords) -> str:
    """Return what was found, and what to do."""
    return {
        ClapVerdict.HEARD: words.say("The clap was heard. This microphone works."),
        ClapVerdict.CLIPPED: words.say(
            "The clap was heard, and was too loud for the microphone. Lower its level (alsamixer, F4), or clap from "
            "where the baby lies."
        ),
        ClapVerdict.NOT_HEARD: words.say(
            "No clap was heard. Clap loudly where the baby lies, and try again. If the bar does not move, Tears "
            "listens to another microphone."
        ),
        ClapVerdict.TOO_QUIET: words.say(
            "The clap was heard, but very quietly. Raise the level of the microphone (alsamixer, F4), or move it "
            "closer."
        ),
        ClapVerdict.SILENT: words.say("The microphone gives nothing but silence: it is muted, unplugged or broken."),
        ClapVerdict.NO_SOUND: words.say("The microphone gives no sound at present."),
    }[found.verdict]
