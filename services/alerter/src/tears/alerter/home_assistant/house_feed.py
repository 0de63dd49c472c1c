"""The hand-over from the loop to the thread of Home Assistant: the newest state of the rooms, and what has happened."""

from collections import deque
from collections.abc import Collection

from tears.alerter.commands.house import House
from tears.alerter.commands.shown_room import room_of
from tears.alerter.episodes.mic_monitor import MicMonitor
from tears.alerter.episodes.monitor_state import Now
from tears.alerter.home_assistant.messages.shown_house import ShownHouse, ShownRoom
from tears.alerter.notices.kinds import ListeningFault
from tears.alerter.proof.house_faults import Trouble
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

    def show(self, rooms: Rooms, troubles: Collection[Trouble], now: Now) -> None:
        """Hand over the present state of all rooms, and the episodes that are new; the loop calls it in each round.

        `troubles` are those of the house that the parents were told of.
        """
        while rooms.shown_episodes:
            self.episodes.append(rooms.shown_episodes.popleft())
        views = (room_view(monitor, rooms.house, troubles) for monitor in rooms.monitors())
        self.view = ShownHouse(tuple(view for view in views if view is not None), now.monotonic_seconds)


def room_view(monitor: MicMonitor, house: House, troubles: Collection[Trouble] = ()) -> ShownRoom | None:
    """Return what is shown of a room; None while nothing is known of it, and when it is over for good.

    If the house does not hear its own self-test, crying would go unnoticed in all rooms, whatever their scores.
    """
    record, hearing = room_of(monitor.state, house), monitor.state.hearing
    if record is None or (hearing.finished and not hearing.expected):
        return None
    is_house_deaf = Trouble(ListeningFault.SELF_TEST) in troubles
    is_heard = record.state in {RoomState.QUIET, RoomState.CRYING} and not is_house_deaf
    has_own_trouble = any(trouble.mic == record.mic for trouble in troubles)
    episode = monitor.state.open_episode
    return ShownRoom(
        mic=record.mic,
        is_listening=is_heard and monitor.has_scored and monitor.mic_state not in UNHEARING,
        has_problem=record.state is RoomState.DEAF or is_house_deaf or has_own_trouble,
        mic_state=monitor.mic_state,
        score=record.cry_score,
        level_dbfs=record.level_dbfs,
        open_episode_id=episode.episode_id if episode else "",
        is_acknowledged=record.is_acknowledged,
        is_snoozed=record.is_held or record.snoozed_until_seconds > 0,
        snoozed_until_seconds=record.snoozed_until_seconds or None,
    )
