"""The bounds that a Redis of ours is started with, beside that of its memory.

What clients have asked for and not read counts as memory of Redis, and a full Redis takes no more sound. So a client
that asks for much and reads nothing, or sends something huge, is cut off before that.
"""

from collections.abc import Mapping
from types import MappingProxyType

REDIS_BOUNDS: Mapping[str, str] = MappingProxyType(
    {
        # For all clients together; the one that holds most is cut off. A reader asks for some MB at once.
        "--maxmemory-clients": "32mb",
        # A second of eight channels at 192 kHz has 3 MB.
        "--proto-max-bulk-len": "8mb",
    }
)
