"""The episodes that were before this process: from Redis, and from the file that keeps the nights over a power cut."""

import logging
import sqlite3
from pathlib import Path

import redis

from tears.alerter.errors import StateError
from tears.alerter.home_assistant.messages.episode_history import PastEpisode, past_episode
from tears.alerter.nights.night_file import night_file_of, read_night_file
from tears.alerter.redis_streams import published_episodes
from tears.kit.calendar.nights import last_night

logger = logging.getLogger(__name__)


def past_episodes(client: redis.Redis, state_path: Path, now_wall_seconds: float) -> list[PastEpisode]:
    """Return the episodes of the last night and what Redis still has; raise redis-py's errors as they are."""
    in_redis = [past_episode(one) for one in published_episodes(client)]
    return [*_kept_episodes(state_path, now_wall_seconds), *in_redis]


def _kept_episodes(state_path: Path, now_wall_seconds: float) -> list[PastEpisode]:
    night = last_night(now_wall_seconds)
    try:
        with read_night_file(night_file_of(state_path)) as file:
            kept = file.episodes(night.starts_seconds, now_wall_seconds)
    except (StateError, sqlite3.Error) as error:
        logger.debug("the night so far is not known: %s", error)
        return []
    return [
        PastEpisode(
            one.mic,
            one.episode_id,
            one.started_seconds,
            one.started_seconds if one.ended_seconds is None else one.ended_seconds,
            is_closed=one.ended_seconds is not None,
        )
        for one in kept
    ]
