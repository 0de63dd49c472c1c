"""Detections of a known night, as the classifier publishes them."""

from collections.abc import Iterable, Sequence
from typing import Any

import redis

from tears.kit.messages import Detection, Episode, Tombstone, TombstoneReason, WindowHeader
from tears.kit.streams import names

WALL_SECONDS = 1_700_000_000.0
LOUD, QUIET = 0.9, 0.1


def header(index: int, *, mic: str = "nursery", session: str = "s1", hop_seconds: float = 1.0) -> WindowHeader:
    """Return the header of a window."""
    start_seconds = index * hop_seconds
    return WindowHeader(
        mic=mic,
        session=session,
        index=index,
        start_seconds=start_seconds,
        end_seconds=start_seconds + 5.0,
        captured_at_seconds=WALL_SECONDS + start_seconds + 5.0,
        level_dbfs=-30.0,
    )


def scored(score: float, of: WindowHeader) -> Detection:
    """Return the detection of a model with two labels."""
    return Detection(header=of, scores=(("noise", 1.0 - score), ("crying", score)), model="cry", model_version=1)


def night(
    scores: Iterable[float | None], *, mic: str = "nursery", session: str = "s1", first: int = 0
) -> list[Detection]:
    """Return a detection for each score, one per second; None is a tombstone."""
    return [
        scored(score, header(k, mic=mic, session=session))
        if score is not None
        else Detection(header=header(k, mic=mic, session=session), tombstone=Tombstone(TombstoneReason.GAP))
        for k, score in enumerate(scores, first)
    ]


def session_end(windows: int, *, mic: str = "nursery", session: str = "s1") -> Detection:
    """Return the announcement that a session has this many windows."""
    return Detection(
        header=header(windows, mic=mic, session=session), tombstone=Tombstone(TombstoneReason.END_OF_SESSION)
    )


def cries(count: int, crying: int = 8, quiet: int = 14) -> list[float]:
    """Return the scores of this many episodes, each followed by enough quiet to close it."""
    return [QUIET] * 3 + ([LOUD] * crying + [QUIET] * quiet) * count


def publish(client: redis.Redis, detections: Sequence[Detection]) -> None:
    """Add detections to `tears:detections` in one round trip."""
    with client.pipeline(transaction=False) as pipeline:
        for detection in detections:
            pipeline.xadd(names.DETECTIONS_STREAM, {names.BODY: detection.encode()})
        pipeline.execute()


def episodes(client: redis.Redis) -> list[Episode]:
    """Return everything in `tears:episodes`."""
    entries: Any = client.xrange(names.EPISODES_STREAM)
    return [Episode.decode(fields[names.BODY]) for _, fields in entries]
