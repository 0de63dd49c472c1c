"""The thread that cuts the clips of episodes and near misses out of the chunk streams."""

import threading

import redis

from tears.journal.clips.clip_store import ClipStore
from tears.journal.history.records import KeptEpisode, NearMiss
from tears.kit.clock import Clock


class ClipsThread:
    """An `EpisodeListener` of the follower, which never waits: what does not fit into its queue is counted."""

    def __init__(self, store: ClipStore, client: redis.Redis, clock: Clock, stop: threading.Event) -> None:
        """Start nothing yet. The thread ends after `stop` was set, when the clips that are open are on the disk."""
        self._store = store
        self._redis = client
        self._clock = clock
        self._stop = stop

    def start(self) -> None:
        """Start the thread."""
        raise NotImplementedError

    def join(self) -> None:
        """Block until the thread has ended."""
        raise NotImplementedError

    def episode_began(self, episode: KeptEpisode) -> None:
        """Begin a clip."""
        raise NotImplementedError

    def episode_ended(self, episode: KeptEpisode) -> None:
        """Let a clip end, or cut it if nothing was heard of its beginning."""
        raise NotImplementedError

    def near_miss_ended(self, near_miss: NearMiss) -> None:
        """Cut the clip of a near miss."""
        raise NotImplementedError
