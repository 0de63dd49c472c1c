"""Ask Redis how the house is. No part of Tears is asked itself. Blocks on Redis."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import NoPermissionError

from tears.journal.live.room_now import ListeningTrouble, RoomCondition, RoomNow
from tears.journal.setup.house_health import HouseFacts, QueueNow
from tears.kit.access.rules_check import has_other_rules
from tears.kit.commands.giving import redis_clock_seconds
from tears.kit.errors import MessageError
from tears.kit.messages import Detection
from tears.kit.redis_client import is_stream_missing
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.streams import names

# A minute of ten rooms, so that the last self-test is among them.
_NEWEST_DETECTIONS: Final = 800
_MILLISECONDS: Final = 1_000.0


class ScoringModel(NamedTuple):
    """The model that gave the newest score; empty before the first."""

    name: str = ""
    version: int = 0


def house_facts(client: redis.Redis, rooms: Sequence[RoomNow]) -> tuple[HouseFacts, ScoringModel, str]:
    """Return the facts, the model in use, and the version of Redis; `rooms` are those of the live view."""
    try:
        return _facts(client, rooms)
    except NoPermissionError:
        return HouseFacts(has_redis=True, has_other_rules=True), ScoringModel(), ""
    except redis.RedisError:
        return HouseFacts(), ScoringModel(), ""


def _facts(client: redis.Redis, rooms: Sequence[RoomNow]) -> tuple[HouseFacts, ScoringModel, str]:
    info: Any = client.info()
    now = redis_clock_seconds(client)
    newest = _newest_detections(client)
    scored = [(at, one) for at, one in newest if one.tombstone is None]
    self_tests = [at for at, one in scored if one.header.mic == SELF_TEST_MIC]
    listening = [room for room in rooms if room.level_dbfs is not None]
    facts = HouseFacts(
        has_redis=True,
        has_other_rules=has_other_rules(client),
        memory_share=_share(info),
        listening=len(listening),
        deaf=sum(_is_without_sound(room) for room in rooms),
        chunks=max(
            (_queue(client, names.chunks(room.mic), names.PREPROCESSOR_GROUP) for room in listening),
            key=lambda queue: (not queue.has_group, queue.waiting or 0),
            default=QueueNow(),
        ),
        windows=_queue(client, names.WINDOWS_STREAM, names.CLASSIFIER_GROUP),
        score_age=_age(now, [at for at, _ in scored]),
        is_alerter_judging=any(room.condition in {RoomCondition.QUIET, RoomCondition.CRYING} for room in rooms),
        has_unjudged_room=any(room.trouble is ListeningTrouble.NO_ALERTER for room in rooms),
        self_test_age=_age(now, _times(client.xrevrange(names.chunks(SELF_TEST_MIC), count=1))),
        self_test_since=_age(now, _times(client.xrange(names.chunks(SELF_TEST_MIC), count=1))),
        self_test_heard_age=_age(now, self_tests),
    )
    model = ScoringModel(scored[0][1].model, scored[0][1].model_version) if scored else ScoringModel()
    return facts, model, str(info.get("redis_version", ""))


def _is_without_sound(room: RoomNow) -> bool:
    return room.trouble in {
        ListeningTrouble.MIC_SILENT,
        ListeningTrouble.MIC_STALLED,
        ListeningTrouble.MIC_ABSENT,
        ListeningTrouble.NO_SOUND,
    }


def _newest_detections(client: redis.Redis) -> list[tuple[float, Detection]]:
    """Return the newest detections with the time of Redis at which they came, the newest first."""
    entries: Any = client.xrevrange(names.DETECTIONS_STREAM, count=_NEWEST_DETECTIONS)
    found: list[tuple[float, Detection]] = []
    for entry_id, fields in entries:
        try:
            found.append((_time_of(entry_id), Detection.decode(fields.get(names.BODY, b""))))
        except MessageError:
            continue
    return found


def _times(entries: Any) -> list[float]:
    return [_time_of(entry_id) for entry_id, _ in entries]


def _time_of(entry_id: bytes) -> float:
    return int(entry_id.partition(b"-")[0]) / _MILLISECONDS


def _age(now: float, times: Sequence[float]) -> float | None:
    return max(0.0, now - max(times)) if times else None


def _share(info: Any) -> float | None:
    limit = info.get("maxmemory", 0)
    return info.get("used_memory", 0) / limit if limit else None


def _queue(client: redis.Redis, stream: str, group: str) -> QueueNow:
    """Return what waits; nothing if the stream does not exist, or this user of Redis may not ask."""
    try:
        groups: Any = client.xinfo_groups(stream)
    except redis.ResponseError as error:
        if not is_stream_missing(error) and not isinstance(error, NoPermissionError):
            raise
        return QueueNow()
    found = next((one for one in groups if one["name"].decode() == group), None)
    if found is None:
        return QueueNow()
    return QueueNow(has_group=True, waiting=found.get("lag"), unfinished=found["pending"])
