"""Episodes as they are published: opened, then closed, under one id that a repeat would give again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from tears.kit.messages import Ending, Episode, EpisodeState
from tears.policy.episode_rule import CryingEpisode

_NAMESPACE = uuid.UUID("69dbf6f1-7843-5d8e-8120-a7f3aeccc830")


@dataclass(frozen=True, slots=True)
class OpenEpisode:
    """What is remembered of an episode until it closes.

    Attributes:
        episode_id: stays the same whoever finds the episode again.
        session: the one whose window opened it; all its times are seconds of this session's audio.
        offset_seconds: what the policy's clock shows when that session's clock shows 0.
        start_seconds: start of the crying, not before the session's.
        alerted_at_seconds: end of the window that opened it.
        captured_at_seconds: wall clock at that window's last sample.
    """

    episode_id: str
    session: str
    offset_seconds: float
    start_seconds: float
    alerted_at_seconds: float
    captured_at_seconds: float


def episode_id(mic: str, session: str, index: int) -> str:
    """The id of the episode that window `index` opened."""
    return str(uuid.uuid5(_NAMESPACE, f"{mic}/{session}/{index}"))


def opened(mic: str, episode: OpenEpisode, crying: CryingEpisode) -> Episode:
    """The first publication; its end is where it stands: at the alert."""
    return _episode(mic, episode, crying, EpisodeState.OPEN, Ending.NOT_YET, episode.alerted_at_seconds)


def closed(mic: str, episode: OpenEpisode, crying: CryingEpisode, end_seconds: float, ending: Ending) -> Episode:
    """The second publication.

    Args:
        mic: the microphone.
        episode: what was opened.
        crying: as it was when it closed.
        end_seconds: on the policy's clock. An episode that goes on over a change of session ends on the clock of the
            session that it began in, which goes on by the time that passed between the two.
        ending: why it closed.
    """
    end_seconds = max(episode.alerted_at_seconds, end_seconds - episode.offset_seconds)
    return _episode(mic, episode, crying, EpisodeState.CLOSED, ending, end_seconds)


def mark(episode: Episode) -> str:
    """The key in Redis that says this has been published."""
    return f"tears:told:{episode.episode_id}:{episode.state.name.lower()}"


def _episode(
    mic: str, episode: OpenEpisode, crying: CryingEpisode, state: EpisodeState, ending: Ending, end_seconds: float
) -> Episode:
    return Episode(
        episode_id=episode.episode_id,
        mic=mic,
        state=state,
        ending=ending,
        start_seconds=episode.start_seconds,
        alerted_at_seconds=episode.alerted_at_seconds,
        end_seconds=end_seconds,
        peak_score=crying.peak_score,
        captured_at_seconds=episode.captured_at_seconds,
    )
