"""The keys in Redis, in one place because other programs read them too. No I/O."""

CHUNKS_PREFIX = "tears:chunks:"
WINDOWS_STREAM = "tears:windows"
DETECTIONS_STREAM = "tears:detections"
EPISODES_STREAM = "tears:episodes"
# What the parents ask of the alerter.
COMMANDS_STREAM = "tears:commands"
# The secret by which the journal knows that a link for acknowledging is the alerter's.
LINK_KEY = "tears:link-key"
# Who was told what, for those who show it.
NOTICES_STREAM = "tears:notices"
# mic -> JSON of what captures it (`tears.kit.registry.mics`).
MICS_HASH = "tears:mics"
# mic -> JSON of what the alerter knows about it (`tears.kit.registry.rooms`).
ROOMS_HASH = "tears:rooms"
# mic -> the name that a parent has given to its room (`tears.kit.registry.given_names`).
ROOM_NAMES_HASH = "tears:room-names"

PREPROCESSOR_GROUP = "preprocessor"
CLASSIFIER_GROUP = "classifier"

# The only field of a stream entry.
BODY = b"message"


def chunks(mic: str) -> str:
    """Return the stream of one microphone's chunks."""
    return CHUNKS_PREFIX + mic


def lease(mic: str) -> str:
    """Return the key that holds which recorder may write a microphone's stream."""
    return f"tears:lease:{mic}"


def answer(command_id: str) -> str:
    """Return the key that holds the alerter's answer to a command, for a minute."""
    return f"tears:answer:{command_id}"


def dead(stream: str) -> str:
    """Return the stream for entries of `stream` that can never be handled."""
    return f"{stream}.dead"
