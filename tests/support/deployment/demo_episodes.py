"""The episodes of the demo in containers, as the alerter publishes them."""

from typing import Any

from support.deployment.compose import Containers

from tears.cli.pipeline.transcript import Transcript
from tears.kit.messages import Episode, EpisodeState
from tears.kit.redis_client import connect
from tears.kit.streams.names import BODY, EPISODES_STREAM

# The demo's first two episodes are over after 108 s; a pipeline that is still starting needs longer.
CRIES_SECONDS = 300.0
# The demo begins again, and cries after 40 s.
CRY_SECONDS = 180.0
NEWEST_ENTRIES = 50


def closed_episodes(pipeline: Containers) -> list[Episode]:
    """Return the demo's closed episodes so far."""
    with connect(pipeline.redis_url()) as client:
        transcript = Transcript(client)
        transcript.follow()
        return [one for one in transcript.room("demo").closed_episodes() if one.state is EpisodeState.CLOSED]


def opened_since(pipeline: Containers, since_seconds: float) -> list[Episode]:
    """Return the demo's episodes that were opened after a time of this machine's clock."""
    with connect(pipeline.redis_url()) as client:
        newest: Any = client.xrevrange(EPISODES_STREAM, count=NEWEST_ENTRIES)
    found = [Episode.decode(fields[BODY]) for _, fields in newest]
    opened = [one for one in found if one.mic == "demo" and one.state is EpisodeState.OPEN]
    return [one for one in opened if one.captured_at_seconds > since_seconds]
