"""What is true of a room now, judged by what came from it and how long ago. No I/O, and no clock of its own.

"Quiet" is a promise that the baby is quiet. So a room is quiet only while each stage has just done its work.
"""

import enum
from dataclasses import dataclass
from typing import Final

from tears.kit.registry.mic_state import OVER, UNHEARING, MicState
from tears.kit.registry.mics import MicRecord
from tears.kit.registry.rooms import RoomRecord, RoomState

# A stage that has done nothing for so long does not listen. A window takes a few seconds to be judged.
LISTENING_SECONDS: Final = 20.0
# A level or a score that is older is not shown: it would look like the present one.
_SHOWN_SECONDS: Final = 6.0


class RoomCondition(enum.StrEnum):
    """What a parent wants to know first."""

    QUIET = "quiet"
    CRYING = "crying"
    NOT_LISTENING = "not_listening"
    # Something has just begun, and it is not known yet whether everything works.
    STARTING = "starting"
    # Nobody is meant to listen: the recording is over, or the recorder was stopped.
    OFF = "off"


class ListeningTrouble(enum.StrEnum):
    """Why nobody listens to a room."""

    # The journal does not reach Redis, so it knows nothing.
    NO_REDIS = "no_redis"
    MIC_SILENT = "mic_silent"
    MIC_STALLED = "mic_stalled"
    MIC_ABSENT = "mic_absent"
    # The recorder gives no sound, and does not say why.
    NO_SOUND = "no_sound"
    # There is sound, and nothing scores it: the preprocessor, the classifier or the model server.
    NO_SCORES = "no_scores"
    # There is sound, and too little of it is scored, because the machine has too much to do.
    OVERLOADED = "overloaded"
    # There are scores, and the alerter does not judge them.
    NO_ALERTER = "no_alerter"


_MIC_TROUBLES: Final = {
    MicState.SILENT: ListeningTrouble.MIC_SILENT,
    MicState.STALLED: ListeningTrouble.MIC_STALLED,
    MicState.ABSENT: ListeningTrouble.MIC_ABSENT,
}
_HEARD: Final = {RoomState.QUIET: RoomCondition.QUIET, RoomState.CRYING: RoomCondition.CRYING}


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomNow:
    """A room as it is now.

    Attributes:
        trouble: why nobody listens; None if somebody does.
        crying_since: seconds since 1970; None if nobody cries, or if that is not known.
        episode_id: the crying that goes on; empty if there is none, or if that is not known.
        level_dbfs: of the last second; None while no sound comes.
        score: the model's score of a cry, 0 to 1; None while none comes.
        is_clipping: the microphone is too loud, or too near.
        is_overloaded: some of the last seconds were not checked, because the machine has too much to do.
        snoozed_until: seconds since 1970; 0 if it is not snoozed.
    """

    mic: str
    room_name: str
    condition: RoomCondition
    trouble: ListeningTrouble | None = None
    crying_since: float | None = None
    episode_id: str = ""
    level_dbfs: float | None = None
    score: float | None = None
    is_clipping: bool = False
    is_overloaded: bool = False
    snoozed_until: float = 0.0
    is_held: bool = False
    is_acknowledged: bool = False


@dataclass(kw_only=True, slots=True)
class RoomFacts:
    """What has come of a room; times are monotonic seconds, and minus infinity is never.

    Attributes:
        known_at: when the room was first heard of.
        judged_at: when the alerter's record last went on.
        heard_at: when a chunk came.
        scored_at: when a score came.
        crying_since: the wall clock.
    """

    mic: str
    known_at: float
    record: MicRecord | None = None
    room: RoomRecord | None = None
    judged_at: float = float("-inf")
    heard_at: float = float("-inf")
    level_dbfs: float = 0.0
    scored_at: float = float("-inf")
    score: float | None = None
    episode_id: str = ""
    crying_since: float | None = None


def judge_room(facts: RoomFacts, now: float, *, has_redis: bool, room_name: str) -> RoomNow:
    """Return what is true of a room at this monotonic time; `room_name` is its name for people."""
    condition, trouble = (
        _condition(facts, now) if has_redis else (RoomCondition.NOT_LISTENING, ListeningTrouble.NO_REDIS)
    )
    is_crying = condition is RoomCondition.CRYING
    is_heard = has_redis and now - facts.heard_at < _SHOWN_SECONDS
    is_scored = has_redis and now - facts.scored_at < _SHOWN_SECONDS
    return RoomNow(
        mic=facts.mic,
        room_name=room_name,
        condition=condition,
        trouble=trouble,
        crying_since=facts.crying_since if is_crying else None,
        episode_id=facts.episode_id if is_crying else "",
        level_dbfs=facts.level_dbfs if is_heard else None,
        score=facts.score if is_scored else None,
        is_clipping=facts.record is not None and facts.record.state is MicState.CLIPPING,
        is_overloaded=facts.room is not None and facts.room.is_overloaded,
        snoozed_until=facts.room.snoozed_until_seconds if facts.room else 0.0,
        is_held=facts.room is not None and facts.room.is_held,
        is_acknowledged=facts.room is not None and facts.room.is_acknowledged,
    )


def _condition(facts: RoomFacts, now: float) -> tuple[RoomCondition, ListeningTrouble | None]:
    state = facts.room.state if facts.room else None
    mic_state = facts.record.state if facts.record else None
    # Before its first session a microphone is registered as absent, and so it is while its recorder starts.
    is_new = facts.record is not None and not facts.record.sample_rate_hz and now - facts.known_at < LISTENING_SECONDS
    if mic_state in UNHEARING and not is_new:
        return RoomCondition.NOT_LISTENING, _MIC_TROUBLES[mic_state]
    if state is RoomState.DEAF:
        return RoomCondition.NOT_LISTENING, _missing_stage(facts, now)
    if mic_state in OVER and state is not RoomState.CRYING:
        return RoomCondition.OFF, None
    if now - facts.judged_at < LISTENING_SECONDS and state in _HEARD:
        return _HEARD[state], None
    if now - max(facts.known_at, facts.judged_at) < LISTENING_SECONDS:
        return RoomCondition.STARTING, None
    return RoomCondition.NOT_LISTENING, _missing_stage(facts, now)


def _missing_stage(facts: RoomFacts, now: float) -> ListeningTrouble:
    """Return the first stage of the pipeline that gives nothing."""
    if now - facts.heard_at >= LISTENING_SECONDS:
        return ListeningTrouble.NO_SOUND
    if now - facts.scored_at >= LISTENING_SECONDS:
        is_overloaded = facts.room is not None and facts.room.is_overloaded
        return ListeningTrouble.OVERLOADED if is_overloaded else ListeningTrouble.NO_SCORES
    return ListeningTrouble.NO_ALERTER
