"""Put what comes from the streams on the wall clock, although a recorder's clock may be wrong. No I/O."""

from typing import Final

from tears.audio.constants import WINDOW_SECONDS
from tears.journal.history.records import LEAST_LEVEL_DBFS, KeptEpisode
from tears.kit.clock import wall_clock_fault
from tears.kit.messages import Ending, Episode, EpisodeState, WindowHeader
from tears.kit.registry.mic_names import room_of_mic
from tears.kit.streams.entries import entry_order

# A recorder's clock that is further ahead of Redis than this is wrong.
_MOST_SECONDS_AHEAD: Final = 60.0
# A window covers what has passed since the one before it, but never more than itself.
_USUAL_HOP_SECONDS: Final = 1.0


def entry_seconds(entry_id: str) -> float:
    """Return when an entry was added, by the clock of Redis, seconds since 1970."""
    return entry_order(entry_id)[0] / 1_000


def believed_seconds(captured_at_seconds: float, added_at_seconds: float) -> float | None:
    """Return when something was captured: by the recorder's clock, or else when it was added to its stream.

    None if both clocks show an impossible time.
    """
    is_ahead = not wall_clock_fault(added_at_seconds) and captured_at_seconds > added_at_seconds + _MOST_SECONDS_AHEAD
    if not is_ahead and not wall_clock_fault(captured_at_seconds):
        return captured_at_seconds
    return None if wall_clock_fault(added_at_seconds) else added_at_seconds


def hop_seconds(header: WindowHeader) -> float:
    """Return how long after the window before it a window ends: its index reveals that; at most 5 s."""
    if header.index == 0:
        return _USUAL_HOP_SECONDS
    return min(WINDOW_SECONDS, max(0.0, header.start_seconds / header.index))


def kept_episode(episode: Episode, added_at_seconds: float) -> KeptEpisode:
    """Return an episode on the wall clock; its level is not known here.

    If no clock can be right, it has the impossible time: it is kept all the same.
    """
    alerted_at = believed_seconds(episode.captured_at_seconds, added_at_seconds)
    if alerted_at is None:
        alerted_at = episode.captured_at_seconds
    elif alerted_at != episode.captured_at_seconds and episode.state is EpisodeState.CLOSED:
        # The message was added when the episode was over.
        alerted_at -= episode.end_seconds - episode.alerted_at_seconds
    is_over = episode.state is EpisodeState.CLOSED
    return KeptEpisode(
        id=episode.episode_id,
        mic=episode.mic,
        room_name=room_of_mic(episode.mic),
        began_at=alerted_at - (episode.alerted_at_seconds - episode.start_seconds),
        alerted_at=alerted_at,
        ended_at=alerted_at + (episode.end_seconds - episode.alerted_at_seconds) if is_over else None,
        peak_score=episode.peak_score,
        level_dbfs=float(LEAST_LEVEL_DBFS),
        ending="" if episode.ending is Ending.NOT_YET else episode.ending.name.lower(),
    )
