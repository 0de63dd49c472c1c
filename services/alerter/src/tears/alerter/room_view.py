"""What `tears:rooms` shows of a room."""

from tears.alerter.episodes.monitor_state import MonitorState
from tears.kit.registry.rooms import RoomRecord, RoomState


def room_of(state: MonitorState) -> RoomRecord | None:
    """Return what to show of a room; None while nothing is known of it."""
    if state.hearing.deaf:
        room_state = RoomState.DEAF
    elif not state.session and not state.hearing.ended_session:
        return None
    elif state.open_episode is not None:
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
    )
