"""What `tears:rooms` shows of a room: what was heard there, and what the parents have asked for."""

from tears.alerter.commands.house import House
from tears.alerter.episodes.monitor_state import MonitorState
from tears.kit.registry.rooms import RoomRecord, RoomState


def room_of(state: MonitorState, house: House, open_threshold: float = 0.0) -> RoomRecord | None:
    """Return what `tears:rooms` shows of a room with this threshold; None while nothing is known of it."""
    episode = state.open_episode
    if state.hearing.deaf:
        room_state = RoomState.DEAF
    elif not state.session and not state.hearing.ended_session:
        return None
    elif episode is not None:
        room_state = RoomState.CRYING
    else:
        room_state = RoomState.ENDED if state.ended or not state.session else RoomState.QUIET
    return RoomRecord(
        mic=state.mic,
        state=room_state,
        session=state.session,
        windows=state.windows,
        tombstones=state.tombstones,
        cry_score=state.score,
        level_dbfs=state.level_dbfs,
        heard_until_seconds=state.heard_until_seconds,
        episodes=state.episodes,
        snoozed_until_seconds=house.snoozed_until_seconds(state.mic),
        is_held=house.is_held(state.mic),
        open_threshold=open_threshold,
        is_overloaded=state.is_overloaded,
        is_acknowledged=episode is not None and house.state.is_acknowledged(episode.episode_id),
    )
