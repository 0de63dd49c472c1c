"""The hand-over from the loop to the thread of Home Assistant: the newest state of the rooms, and what has happened."""

from collections import deque

from tears.alerter.commands.house import House
from tears.alerter.commands.shown_room import room_of
from tears.alerter.episodes.mic_monitor import MicMonitor
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.home_assistant.messages.shown_house import ShownHouse, ShownRoom
from tears.alerter.rooms import Rooms
from tears.kit.messages import Episode
from tears.kit.registry.mic_state import UNHEARING
from tears.kit.registry.rooms import RoomState

# Episodes that wait for the thread; there are more only while it hangs.
MOST_UNSHOWN_EPISODES = 256


class HouseFeed:
    """Hands values from the loop to the thread of Home Assistant. It never blocks, and the newest view wins.

    Attributes:
        view: the newest; None before the first.
        episodes: what has been opened and closed, the oldest first; the thread takes it out.
    """

    def __init__(self) -> None:
        self.view: ShownHouse | None = None
        self.episodes: deque[Episode] = deque(maxlen=MOST_UNSHOWN_EPISODES)

    def show(self, rooms: Rooms, now: Now) -> None:
        """Hand over the present state of all rooms, and the episodes that are new; the loop calls it in each round."""
        while rooms.shown_episodes:
            self.episodes.append(rooms.shown_episodes.popleft())
        views = (room_view(monitor, rooms.house) for monitor in rooms.monitors())
        self.view = ShownHouse(tuple(view for view in views if view is not None), now.monotonic_seconds)


def room_view(monitor: MicMonitor, house: House) -> ShownRoom | None:
    """Return what is shown of a room; None while nothing is known of it, and when it is over for good."""
    record, hearing = room_of(monitor.state, house), monitor.state.hearing
    if record is None or (hearing.finished and not hearing.expected):
        return None
    is_heard = record.state in {RoomState.QUIET, RoomState.CRYING}
    episode = monitor.state.open_episode
    return ShownRoom(
        mic=record.mic,
        is_listening=is_heard and monitor.has_scored and monitor.mic_state not in UNHEARING,
        is_deaf=record.state is RoomState.DEAF,
        mic_state=monitor.mic_state,
        score=record.cry_score,
        level_dbfs=record.level_dbfs,
        open_episode_id=episode.episode_id if episode else "",
        is_acknowledged=record.is_acknowledged,
        is_snoozed=record.is_held or record.snoozed_until_seconds > 0,
        snoozed_until_seconds=record.snoozed_until_seconds or None,
    )
