"""The keys in Redis. One place, since other programs read them too."""

from __future__ import annotations

CHUNKS_PREFIX = "tears:chunks:"
WINDOWS_STREAM = "tears:windows"
DETECTIONS_STREAM = "tears:detections"
EPISODES_STREAM = "tears:episodes"
# Hash: mic -> JSON of what captures it (see `tears.kit.registry.mics`).
MICS_HASH = "tears:mics"
# Hash: mic -> JSON of what the alerter makes of it (see `tears.kit.registry.rooms`).
ROOMS_HASH = "tears:rooms"

PREPROCESSOR_GROUP = "preprocessor"
CLASSIFIER_GROUP = "classifier"

# The one field of a stream entry.
BODY = b"message"


def chunks(mic: str) -> str:
    """The stream of one microphone's chunks."""
    return CHUNKS_PREFIX + mic


def lease(mic: str) -> str:
    """The key that says which recorder may write a microphone's stream."""
    return f"tears:lease:{mic}"


def dead(stream: str) -> str:
    """Where entries of `stream` go that can never be handled."""
    return f"{stream}.dead"
