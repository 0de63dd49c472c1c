"""What a command changes, and the answer in words. No I/O."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tears.alerter.commands.house_state import HouseState, Silence, SilenceKind, deafness_subject
from tears.alerter.episodes.monitor_state import MonitorState, Now
from tears.kit.commands.answer import CommandAnswer, CommandOutcome
from tears.kit.messages import Command, CommandKind
from tears.kit.messages.command import LONGEST_SNOOZE_SECONDS
from tears.kit.registry.mic_names import room_of_mic
from tears.policy.sensitivity import Sensitivity

# A held room that has been quiet for so long sleeps.
HOLD_QUIET_SECONDS = 1_200.0
# A baby that cries again and again must be told at some time: a hold ends then, as the longest snooze does.
LONGEST_HOLD_SECONDS = LONGEST_SNOOZE_SECONDS


def obey(
    house: HouseState, command: Command, rooms: Mapping[str, MonitorState], now: Now
) -> tuple[HouseState, CommandAnswer]:
    """Return the state after a command, and the answer; `rooms` are all that are known."""
    if command.mic and command.mic not in rooms:
        known = ", ".join(sorted(map(room_of_mic, rooms))) or "none"
        words = f"there is no room {_printable(room_of_mic(command.mic))}; the rooms are: {known}"
        return house, CommandAnswer(CommandOutcome.UNKNOWN, words)
    match command.kind:
        case CommandKind.ACKNOWLEDGE:
            return _acknowledge(house, command, rooms)
        case CommandKind.SNOOZE:
            return _snooze(house, command, rooms[command.mic], now)
        case CommandKind.HOLD:
            return _hold(house, rooms[command.mic], now)
        case CommandKind.RESUME:
            return _resume(house, command.mic, now)
        case CommandKind.SENSITIVITY:
            return _choose_sensitivity(house, command)
        case CommandKind.TEST_RECEIVER | CommandKind.CHECK_RECEIVERS:
            raise ValueError("commands about receivers are obeyed by the receivers, not by the house")


def _acknowledge(
    house: HouseState, command: Command, rooms: Mapping[str, MonitorState]
) -> tuple[HouseState, CommandAnswer]:
    asked = [rooms[command.mic]] if command.mic else [rooms[mic] for mic in sorted(rooms)]
    if command.episode_id:
        asked = [one for one in asked if _episode_id(one) == command.episode_id]
        if not asked:
            words = "no open episode has this id; it may have ended"
            return house, CommandAnswer(CommandOutcome.UNKNOWN, words)
    done = []
    for room in asked:
        name = room_of_mic(room.mic)
        if room.open_episode is not None:
            house = house.with_acknowledged(room.open_episode.episode_id)
            done.append(f"the crying in {name}")
        elif room.hearing.deaf:
            house = house.with_acknowledged(deafness_subject(room.mic))
            done.append(f"that nobody listens to {name}")
    if not done:
        words = "there is nothing to acknowledge: no room is crying, and all that should be are listened to"
        return house, CommandAnswer(CommandOutcome.NEEDLESS, words if not command.mic else _nothing_in(command.mic))
    return house, CommandAnswer(CommandOutcome.OBEYED, f"acknowledged: {_listed(done)}")


def _snooze(house: HouseState, command: Command, room: MonitorState, now: Now) -> tuple[HouseState, CommandAnswer]:
    seconds = command.snooze_seconds
    silence = Silence(SilenceKind.SNOOZE, now.monotonic_seconds + seconds, episode_id=_episode_id(room))
    until = time.strftime("%H:%M", time.localtime(now.wall_seconds + seconds))
    words = f"{room_of_mic(room.mic)} is snoozed for {seconds / 60:.0f} min, until {until}"
    return house.with_silence(room.mic, silence), CommandAnswer(CommandOutcome.OBEYED, words)


def _hold(house: HouseState, room: MonitorState, now: Now) -> tuple[HouseState, CommandAnswer]:
    ends_at_seconds = now.monotonic_seconds + LONGEST_HOLD_SECONDS
    silence = Silence(SilenceKind.HOLD, ends_at_seconds, episode_id=_episode_id(room))
    words = (
        f"{room_of_mic(room.mic)} is held until it has been quiet for {HOLD_QUIET_SECONDS / 60:.0f} min, "
        f"for {LONGEST_HOLD_SECONDS / 3600:.0f} h at most"
    )
    return house.with_silence(room.mic, silence), CommandAnswer(CommandOutcome.OBEYED, words)


def _resume(house: HouseState, mic: str, now: Now) -> tuple[HouseState, CommandAnswer]:
    silence = house.silences.get(mic)
    name = room_of_mic(mic)
    if silence is None or silence.ends_at_seconds <= now.monotonic_seconds:
        words = f"{name} is neither snoozed nor held: its crying is told"
        return house, CommandAnswer(CommandOutcome.NEEDLESS, words)
    # It stays in the state as one that is over, so that an episode that is still open is told.
    ended = replace(silence, ends_at_seconds=now.monotonic_seconds)
    return house.with_silence(mic, ended), CommandAnswer(CommandOutcome.OBEYED, f"crying in {name} is told again")


def _choose_sensitivity(house: HouseState, command: Command) -> tuple[HouseState, CommandAnswer]:
    try:
        level = Sensitivity(command.sensitivity)
    except ValueError:
        levels = ", ".join(Sensitivity)
        words = f"there is no sensitivity {_printable(command.sensitivity)}; the levels are: {levels}"
        return house, CommandAnswer(CommandOutcome.UNKNOWN, words)
    words = f"the sensitivity of {room_of_mic(command.mic)} is {level}"
    outcome = CommandOutcome.NEEDLESS if house.sensitivities.get(command.mic) is level else CommandOutcome.OBEYED
    return house.with_sensitivity(command.mic, level), CommandAnswer(outcome, words)


def _episode_id(room: MonitorState) -> str:
    return "" if room.open_episode is None else room.open_episode.episode_id


def _nothing_in(mic: str) -> str:
    return f"there is nothing to acknowledge: {room_of_mic(mic)} is neither crying nor without a listener"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _printable(name: str) -> str:
    """Return a name that came from the network so that it stays on one line."""
    return "".join(one if one.isprintable() else "?" for one in name[:255])
