"""Rooms and episodes as they are shown in Home Assistant."""

from tears.alerter.home_assistant.messages.shown_house import ShownHouse, ShownRoom
from tears.kit.messages import Ending, Episode, EpisodeState

# 2026-11-29 22:13:20 UTC.
EVENING_SECONDS = 1_795_990_400.0


def shown_room(
    mic: str = "nursery", *, is_listening: bool = True, open_episode_id: str = "", score: float | None = 0.1
) -> ShownRoom:
    """Return a room; one that is not listened to counts as deaf."""
    return ShownRoom(
        mic=mic,
        is_listening=is_listening,
        has_problem=not is_listening,
        mic_state="listening",
        score=score,
        level_dbfs=-41.4,
        open_episode_id=open_episode_id,
    )


def shown_house(*rooms: ShownRoom) -> ShownHouse:
    """Return a house with these rooms."""
    return ShownHouse(rooms, 0.0)


def heard_episode(
    episode_id: str = "e1",
    *,
    mic: str = "nursery",
    began_at_seconds: float = EVENING_SECONDS,
    length_seconds: float = 60.0,
    is_closed: bool = True,
) -> Episode:
    """Return the message about an episode that began at this time of the wall clock, and caused an alert 5 s later."""
    return Episode(
        episode_id=episode_id,
        mic=mic,
        state=EpisodeState.CLOSED if is_closed else EpisodeState.OPEN,
        ending=Ending.QUIET if is_closed else Ending.NOT_YET,
        start_seconds=100.0,
        alerted_at_seconds=105.0,
        end_seconds=100.0 + length_seconds if is_closed else 105.0,
        peak_score=0.9,
        captured_at_seconds=began_at_seconds + 5.0,
    )
