"""The names under which Home Assistant shows what Tears knows. No I/O but the load of a catalogue."""

from tears.alerter.notices.wording.speech import Speech


def entity_names(language: str) -> dict[str, str]:
    """Return the names by the keys that the entities have in messages to Home Assistant."""
    say = Speech(language, now_seconds=0.0).say
    return {
        "connection": say("Connection"),
        "problem": say("Problem"),
        "crying": say("Crying"),
        "listening_problem": say("Listening problem"),
        "episode": say("Episode"),
        "last_episode": say("Last episode"),
        "last_episode_length": say("Last episode length"),
        "cried_tonight": say("Cried tonight"),
        "snooze": say("Snooze"),
        "acknowledge": say("Acknowledge"),
        "score": say("Score"),
        "level": say("Level"),
        "microphone": say("Microphone"),
    }
