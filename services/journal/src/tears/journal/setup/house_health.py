"""How each part of Tears is, judged by what Redis and the disk say. Pure.

No part is asked itself: the journal may not reach them, and one that hangs does not answer. What shows that a part
works is that its work goes on.
"""

import enum
from dataclasses import dataclass
from typing import Final

# Chunks of a second that wait for the preprocessor, and windows that wait for the classifier: more than a hiccup.
MOST_IN_A_QUEUE: Final = 30
# Scores come each second while any room is listened to.
FRESH_SCORE_SECONDS: Final = 20.0
# The self-test plays a cry each minute or more seldom, as the settings say; it fails twice before parents are told.
_SELF_TEST_ROUNDS: Final = 2.5
_USUAL_SELF_TEST_SECONDS: Final = 60.0
# As long as the alerter waits for the scores of its cry, and a little more.
_SCORE_WAIT_SECONDS: Final = 15.0
# Redis refuses what is beyond its limit; this much is a warning.
_FULL_SHARE: Final = 0.9


class HousePart(enum.StrEnum):
    """A part of Tears; the order is that of the page: as sound becomes an alert."""

    REDIS = "redis"
    MICROPHONES = "microphones"
    PREPROCESSOR = "preprocessor"
    CLASSIFIER = "classifier"
    MODEL_SERVER = "model_server"
    ALERTER = "alerter"
    SELF_TEST = "self_test"


class PartCause(enum.StrEnum):
    """Why a part is as it is, where its state alone does not say what to do."""

    NONE = ""
    # Redis has the users of another release, and refuses what this one does.
    OTHER_RULES = "other_rules"


class PartState(enum.StrEnum):
    """How a part is."""

    GOOD = "good"
    # It works, and something needs attention.
    WARNING = "warning"
    BAD = "bad"
    # Nothing can be said: there is nothing to do for it, or nobody can say.
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueNow:
    """What waits for one stage in Redis.

    Attributes:
        has_group: the stage has joined the queue since Redis began.
        waiting: entries that nobody has drawn; None if Redis cannot say.
        unfinished: entries that were drawn and not finished.
    """

    has_group: bool = False
    waiting: int | None = 0
    unfinished: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseFacts:
    """What is known of the house; ages are in seconds, and None is never.

    Attributes:
        has_other_rules: Redis has the users of another release.
        memory_share: how much of its memory Redis uses, from 0 to 1; None without a limit.
        listening: microphones that give sound just now.
        deaf: microphones that should give sound, and do not.
        chunks: what waits for the preprocessor, in the room where most waits.
        windows: what waits for the classifier.
        score_age: of the newest score of any room or of the self-test.
        is_alerter_judging: the alerter's view of a room has just gone on.
        has_unjudged_room: a room gives scores, and the alerter's view of it does not go on.
        self_test_age: since the alerter has played its cry last.
        self_test_since: since it has played the first of those that Redis still has.
        self_test_heard_age: since that cry has come back with scores.
    """

    has_redis: bool = False
    has_other_rules: bool = False
    memory_share: float | None = None
    listening: int = 0
    deaf: int = 0
    chunks: QueueNow = QueueNow()
    windows: QueueNow = QueueNow()
    score_age: float | None = None
    is_alerter_judging: bool = False
    has_unjudged_room: bool = False
    self_test_age: float | None = None
    self_test_since: float | None = None
    self_test_heard_age: float | None = None


@dataclass(frozen=True, slots=True)
class PartReport:
    """A part and how it is."""

    part: HousePart
    state: PartState
    cause: PartCause = PartCause.NONE


def judge_house(facts: HouseFacts) -> list[PartReport]:
    """Return how each part is, in the order of the page. Without Redis, nothing is known of the others."""
    if not facts.has_redis:
        others = [PartReport(one, PartState.UNKNOWN) for one in HousePart if one is not HousePart.REDIS]
        return [PartReport(HousePart.REDIS, PartState.BAD), *others]
    states = {
        HousePart.REDIS: _redis(facts),
        HousePart.MICROPHONES: _microphones(facts),
        HousePart.PREPROCESSOR: _preprocessor(facts),
        HousePart.CLASSIFIER: _classifier(facts),
        HousePart.MODEL_SERVER: _model_server(facts),
        HousePart.ALERTER: _alerter(facts),
        HousePart.SELF_TEST: _self_test(facts),
    }
    causes = {HousePart.REDIS: PartCause.OTHER_RULES} if facts.has_other_rules else {}
    return [PartReport(part, states[part], causes.get(part, PartCause.NONE)) for part in HousePart]


def _of(*, good: bool, otherwise: PartState = PartState.BAD) -> PartState:
    return PartState.GOOD if good else otherwise


def _redis(facts: HouseFacts) -> PartState:
    is_good = not facts.has_other_rules and (facts.memory_share or 0.0) < _FULL_SHARE
    return _of(good=is_good, otherwise=PartState.WARNING)


def _microphones(facts: HouseFacts) -> PartState:
    if facts.deaf:
        return PartState.BAD
    return _of(good=facts.listening > 0, otherwise=PartState.UNKNOWN)


def _preprocessor(facts: HouseFacts) -> PartState:
    queue = facts.chunks
    if not facts.listening:
        return PartState.UNKNOWN
    if not queue.has_group:
        return PartState.BAD
    # It draws nothing while too many windows wait: then the fault lies behind it.
    is_held_up = (facts.windows.waiting or 0) >= MOST_IN_A_QUEUE
    return _of(good=is_held_up or (queue.waiting or 0) + queue.unfinished < MOST_IN_A_QUEUE)


def _classifier(facts: HouseFacts) -> PartState:
    if _has_scores(facts):
        return PartState.GOOD
    queue = facts.windows
    # What it has drawn and not finished waits for the model server.
    if queue.unfinished:
        return PartState.GOOD
    return PartState.BAD if queue.waiting else PartState.UNKNOWN


def _model_server(facts: HouseFacts) -> PartState:
    if _has_scores(facts):
        return PartState.GOOD
    return PartState.BAD if facts.windows.unfinished else PartState.UNKNOWN


def _has_scores(facts: HouseFacts) -> bool:
    longest = FRESH_SCORE_SECONDS if facts.listening else _USUAL_SELF_TEST_SECONDS * _SELF_TEST_ROUNDS
    return facts.score_age is not None and facts.score_age < longest


def _alerter(facts: HouseFacts) -> PartState:
    if facts.is_alerter_judging:
        return PartState.GOOD
    # The cry that it played last may be older than what has stopped it.
    if facts.has_unjudged_room:
        return PartState.BAD
    if _is_recent(facts.self_test_age):
        return PartState.GOOD
    # Where no room gives scores and no cry is played, the alerter has nothing to show.
    return PartState.BAD if facts.listening and _has_scores(facts) else PartState.UNKNOWN


def _self_test(facts: HouseFacts) -> PartState:
    if not _is_recent(facts.self_test_age):
        return PartState.UNKNOWN
    if _is_recent(facts.self_test_heard_age):
        return PartState.GOOD
    # The first cry of an alerter that has just started needs a moment.
    has_waited = (facts.self_test_since or 0.0) > _SCORE_WAIT_SECONDS
    return PartState.BAD if has_waited else PartState.UNKNOWN


def _is_recent(age: float | None) -> bool:
    return age is not None and age < _USUAL_SELF_TEST_SECONDS * _SELF_TEST_ROUNDS
