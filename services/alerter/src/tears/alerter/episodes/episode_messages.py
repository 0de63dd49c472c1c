"""The two messages about an episode on `tears:episodes`: opened and closed. A repeat has the same id. No I/O."""

import uuid
from dataclasses import dataclass, replace

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.kit.messages import Ending, Episode, EpisodeState
from tears.policy.episode_rule import EpisodeClosed

_EPISODE_NAMESPACE = uuid.UUID("69dbf6f1-7843-5d8e-8120-a7f3aeccc830")

# What is published together with notices of these kinds.
_TOLD_STATES = {NoticeKind.CRYING: EpisodeState.OPEN, NoticeKind.CRYING_ENDED: EpisodeState.CLOSED}


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """An episode that is still open. The state file holds these names.

    Attributes:
        session: the session whose window opened it; all its times are seconds of this session's audio.
        offset_seconds: the time of the policy's clock at the start of that session.
        start_seconds: the start of the crying, but not before the session's.
        alerted_at_seconds: the end of the window that opened it.
        captured_at_seconds: the wall clock at that window's last sample.
    """

    episode_id: str
    session: str
    offset_seconds: float
    start_seconds: float
    alerted_at_seconds: float
    captured_at_seconds: float


def episode_id_of(mic: str, session: str, index: int) -> str:
    """Return the id of the episode that window `index` opened. It depends on nothing else."""
    return str(uuid.uuid5(_EPISODE_NAMESPACE, f"{mic}/{session}/{index}"))


def opened_message(mic: str, episode: OpenEpisode, peak_score: float) -> Episode:
    """Return the first message; its end is, so far, the time of the alert."""
    return Episode(
        episode_id=episode.episode_id,
        mic=mic,
        state=EpisodeState.OPEN,
        ending=Ending.NOT_YET,
        start_seconds=episode.start_seconds,
        alerted_at_seconds=episode.alerted_at_seconds,
        end_seconds=episode.alerted_at_seconds,
        peak_score=peak_score,
        captured_at_seconds=episode.captured_at_seconds,
    )


def closed_message(mic: str, episode: OpenEpisode, closed: EpisodeClosed, ending: Ending) -> Episode:
    """Return the second message. Its end is on the clock of the session in which the episode began."""
    opened = opened_message(mic, episode, closed.episode.peak_score)
    end_seconds = max(episode.alerted_at_seconds, closed.end_seconds - episode.offset_seconds)
    return replace(opened, state=EpisodeState.CLOSED, ending=ending, end_seconds=end_seconds)


def published_mark(episode: Episode) -> str:
    """Return the Redis key that records that this message has been published."""
    return _mark(episode.episode_id, episode.state)


def mark_of_notice(notice: Notice) -> str:
    """Return the Redis key that records that what a notice tells has been published; empty if that never is."""
    state, episode_id = _TOLD_STATES.get(notice.kind), str(notice.facts.get("episode_id", ""))
    # Crying that is told when a snooze ends has a key of its own: its episode was published before, and is told now.
    is_told_later = notice.kind is NoticeKind.CRYING and notice.key != episode_id
    return "" if state is None or is_told_later else _mark(episode_id, state)


def _mark(episode_id: str, state: EpisodeState) -> str:
    return f"tears:told:{episode_id}:{state.name.lower()}"
