"""The users of Redis: each service may use its own commands on its own keys, and nothing else. No I/O.

A rule is written as in Redis' ACL: `~` keys to read and write, `%R~` keys to read, `+` commands. A script needs both
rights for each key that it names, and the rights of its user for each command that it calls.
"""

import hashlib
from collections.abc import Mapping

from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.streams import names

# The alerter asks how much memory is left. Commands that only a newer Redis knows would keep Redis 7.0 from starting.
_EVERYBODY = "+ping +hello +auth +info"
_SCRIPTS = "+eval +evalsha +script|load +script|exists +type +exists"
# What `tears.kit.streams` and its scripts call for a consumer group.
_CONSUMER = (
    f"{_SCRIPTS} +xreadgroup +xautoclaim +xclaim +xpending +xack +xadd +xdel +xtrim +xlen +xrange +xrevrange +xread "
    "+xgroup|create +xgroup|delconsumer +xgroup|createconsumer +xinfo|stream +xinfo|groups +xinfo|consumers +time"
)
_READER = "+xread +xrange +xrevrange +xlen +xinfo|stream +xinfo|groups +hgetall +hget +hkeys +exists +type"

_CHUNKS = f"{names.CHUNKS_PREFIX}*"

REDIS_USERS: Mapping[str, str] = {
    # It also asks how far the preprocessor has come, and retires rooms.
    "recorder": (
        f"~{_CHUNKS} ~{names.MICS_HASH} ~{names.lease('*')} %R~{names.ROOMS_HASH} {_SCRIPTS} "
        "+xadd +xtrim +xdel +xlen +xrange +xrevrange +xpending +xinfo|stream +xinfo|groups "
        "+hset +hget +hgetall +get +set +del +pexpire +pexpiretime +pttl"
    ),
    "preprocessor": (
        f"~{_CHUNKS} ~{names.WINDOWS_STREAM} ~{names.dead(names.WINDOWS_STREAM)} %R~{names.MICS_HASH} "
        f"{_CONSUMER} +hkeys +hgetall"
    ),
    "classifier": (
        f"~{names.WINDOWS_STREAM} ~{names.dead(names.WINDOWS_STREAM)} ~{names.DETECTIONS_STREAM} "
        f"~{names.dead(names.DETECTIONS_STREAM)} {_CONSUMER}"
    ),
    # It plays the cry of the self-test, and asks which stage has not passed it on. It obeys commands, and gives some
    # itself: those of Home Assistant, and of its own container.
    # It reads the chunks for the sound of an episode.
    "alerter": (
        f"~{names.chunks(SELF_TEST_MIC)} %R~{names.WINDOWS_STREAM} %R~{names.DETECTIONS_STREAM} "
        f"~{names.dead(names.DETECTIONS_STREAM)} ~{names.EPISODES_STREAM} ~{names.NOTICES_STREAM} "
        f"~{names.ROOMS_HASH} ~tears:told:* %R~{names.MICS_HASH} ~{names.COMMANDS_STREAM} ~{names.answer('*')} "
        f"~{names.LINK_KEY} %R~{names.ROOM_NAMES_HASH} "
        f"%R~{_CHUNKS} {_SCRIPTS} {_READER} +xinfo|consumers +xadd +xtrim +xdel +hset +hdel +set +get +mget +time"
    ),
    # It reads all that was heard, and sees how far each stage has come. What a parent asks for on its page it may only
    # pass on to the alerter: it reads the answers, and no command of others. The names of rooms are its own.
    # `tears record` is the same user.
    "journal": (
        f"%R~{_CHUNKS} %R~{names.MICS_HASH} %R~{names.ROOMS_HASH} %R~{names.DETECTIONS_STREAM} "
        f"%R~{names.EPISODES_STREAM} %R~{names.NOTICES_STREAM} %W~{names.COMMANDS_STREAM} %R~{names.answer('*')} "
        f"%R~{names.LINK_KEY} %R~{names.WINDOWS_STREAM} ~{names.ROOM_NAMES_HASH} "
        f"{_READER} +xadd +get +time +hset +hdel"
    ),
    # KEDA, which counts the windows that wait.
    "scaler": f"%R~{names.WINDOWS_STREAM} +xlen +xpending +xinfo|stream +xinfo|groups",
}
# Anybody may ask whether Redis is alive, as its own probe does.
PROBE_USER = "probe"


def _rules_digest() -> str:
    lines = [f"{user} {rule} {_EVERYBODY}" for user, rule in REDIS_USERS.items()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


# Another one for each set of rules. Redis reads them only when it starts.
RULES_DIGEST = _rules_digest()
# Whoever can log in as this user knows that Redis has read the rules of this release.
RULES_USER = f"rules-{RULES_DIGEST}"


def acl_file(passwords: Mapping[str, str]) -> str:
    """Return the text of Redis' ACL file, with the digests of the passwords, one for each of REDIS_USERS.

    Nobody is logged in without a password, and nobody may change users or settings while Redis runs.
    """
    lines = ["user default off", f"user {PROBE_USER} on nopass +ping", f"user {RULES_USER} on nopass +ping +hello"]
    for user, rule in REDIS_USERS.items():
        digest = hashlib.sha256(passwords[user].encode()).hexdigest()
        lines.append(f"user {user} on #{digest} {rule} {_EVERYBODY}")
    return "".join(f"{line}\n" for line in lines)


def redis_url(user: str, password: str, host: str) -> str:
    """Return the value of TEARS_REDIS_URL for a service; the password has no characters that a URL must escape."""
    return f"redis://{user}:{password}@{host}:6379/0"
