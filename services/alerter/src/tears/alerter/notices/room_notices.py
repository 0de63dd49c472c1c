"""The notices about a room. No I/O."""

import uuid

from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.notice import NOTICE_NAMESPACE, Fact, Notice
from tears.kit.messages import Episode
from tears.kit.registry.mic_state import UNHEARING


def crying_notice(episode: Episode, session: str = "") -> Notice:
    """Alert a parent to an episode that has opened in a session. It happened when the crying began."""
    since_seconds = episode.captured_at_seconds - (episode.alerted_at_seconds - episode.start_seconds)
    return Notice(
        key=episode.episode_id,
        kind=NoticeKind.CRYING,
        mic=episode.mic,
        facts={
            "episode_id": episode.episode_id,
            "since_seconds": since_seconds,
            **sound_facts(session, episode.start_seconds, episode.alerted_at_seconds),
        },
        happened_at_seconds=since_seconds,
    )


def crying_ended_notice(episode: Episode, session: str = "") -> Notice:
    """Tell a parent that an episode is over. The crying had ended before that was known, so its time comes later.

    With the session in which it opened, the notice says where its sound is, as far as it is of that session.
    """
    since_seconds = episode.captured_at_seconds - (episode.alerted_at_seconds - episode.start_seconds)
    length_seconds = episode.end_seconds - episode.start_seconds
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{episode.episode_id}/ended")),
        kind=NoticeKind.CRYING_ENDED,
        mic=episode.mic,
        facts={
            "episode_id": episode.episode_id,
            "since_seconds": since_seconds,
            "until_seconds": since_seconds + length_seconds,
            "length_seconds": length_seconds,
            "ending": episode.ending.name,
            **sound_facts(session, episode.start_seconds, episode.end_seconds),
        },
    )


def sound_facts(session: str, from_seconds: float, until_seconds: float) -> dict[str, Fact]:
    """Say where the sound of the crying is, in seconds of the session's own sound; nothing without a session."""
    if not session:
        return {}
    return {"session": session, "sound_from_seconds": from_seconds, "sound_until_seconds": until_seconds}


def not_listening_facts(mic_state: str, silent_seconds: float) -> dict[str, Fact]:
    """Say why nobody listens: by the state of the microphone in the registry, if that is a fault."""
    if mic_state in UNHEARING:
        return {"reason": ListeningFault(mic_state).value}
    return {"reason": ListeningFault.UNCHECKED.value, "silent_seconds": silent_seconds}


def not_back_facts() -> dict[str, Fact]:
    """Say that nobody listens because the recorder was stopped."""
    return {"reason": ListeningFault.NOT_BACK.value}


def overloaded_facts(silent_seconds: float) -> dict[str, Fact]:
    """Say that nothing of the room could be checked in time, because the machine has too much to do."""
    return {"reason": ListeningFault.OVERLOADED.value, "silent_seconds": silent_seconds}


def not_listening_notice(mic: str, number: int, facts: dict[str, Fact], wall_seconds: float) -> Notice:
    """Warn a parent that nobody listens to a room; `number` counts these warnings for the microphone.

    The key has the time too, because the count begins again if the state file is lost.
    """
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{mic}/{number}/{wall_seconds}/deaf")),
        kind=NoticeKind.NOT_LISTENING,
        mic=mic,
        facts={**facts, "since_seconds": wall_seconds},
        happened_at_seconds=wall_seconds,
    )


def listening_again_notice(mic: str, number: int, wall_seconds: float) -> Notice:
    """Call off the warning of the same number."""
    return Notice(
        key=str(uuid.uuid5(NOTICE_NAMESPACE, f"{mic}/{number}/{wall_seconds}/hears")),
        kind=NoticeKind.LISTENING_AGAIN,
        mic=mic,
        happened_at_seconds=wall_seconds,
    )
