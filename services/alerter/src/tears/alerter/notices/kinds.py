"""The kinds of notices, how urgent each is, and why nobody listens. No I/O."""

import enum


class NoticeKind(enum.StrEnum):
    """What a notice is about. The state file and `alerts.toml` hold these words."""

    CRYING = "crying"
    # The episode goes on, and nobody has reacted yet.
    STILL_CRYING = "still_crying"
    CRYING_ENDED = "crying_ended"
    # Also all other faults because of which crying could go unnoticed.
    NOT_LISTENING = "not_listening"
    LISTENING_AGAIN = "listening_again"
    NIGHT_REPORT = "night_report"
    TEST = "test"


class Priority(enum.StrEnum):
    """How urgent a notice is. Only an urgent one may break "do not disturb"."""

    LOW = "low"
    NORMAL = "normal"
    URGENT = "urgent"


PRIORITIES = {
    NoticeKind.CRYING: Priority.URGENT,
    NoticeKind.STILL_CRYING: Priority.URGENT,
    NoticeKind.CRYING_ENDED: Priority.LOW,
    NoticeKind.NOT_LISTENING: Priority.URGENT,
    NoticeKind.LISTENING_AGAIN: Priority.NORMAL,
    NoticeKind.NIGHT_REPORT: Priority.LOW,
    NoticeKind.TEST: Priority.NORMAL,
}

# Apprise's types of notifications: services show them as a colour or an icon.
APPRISE_TYPES = {
    NoticeKind.CRYING: "warning",
    NoticeKind.STILL_CRYING: "warning",
    NoticeKind.CRYING_ENDED: "info",
    NoticeKind.NOT_LISTENING: "failure",
    NoticeKind.LISTENING_AGAIN: "success",
    NoticeKind.NIGHT_REPORT: "info",
    NoticeKind.TEST: "info",
}

ABOUT_CRYING = frozenset({NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.CRYING_ENDED})
# They are about one thing: whether somebody listens.
ABOUT_LISTENING = frozenset({NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN})


class ListeningFault(enum.StrEnum):
    """Why crying could go unnoticed: the fact `reason` of a `not_listening` notice, and its words."""

    # The first three are also a microphone's states in the registry.
    SILENT = "silent"
    STALLED = "stalled"
    ABSENT = "absent"
    # There was no score for the fact `silent_seconds`.
    UNCHECKED = "unchecked"
    # The same, because there was too much to do in time.
    OVERLOADED = "overloaded"
    # The recorder was stopped and did not come back.
    NOT_BACK = "not_back"
    # The state file was damaged, and a new one begins; the fact `error` says more.
    MEMORY_DAMAGED = "memory_damaged"
    # The state file cannot be used; the fact `error` says more.
    MEMORY_ONLY = "memory_only"
    # The cry of the self-test was not heard since the fact `since_seconds`. The fact `stage` names the part that does
    # not work (a `FailedStage`), and `error` may say more.
    SELF_TEST = "self_test"
    # The clock of the machine shows an impossible time; the fact `error` says more.
    CLOCK = "clock"
    # The fact `receiver` has not accepted its notices for minutes; the fact `waiting` says how many wait.
    RECEIVER = "receiver"
    # The file of receivers is faulty, so the receivers are earlier ones; the fact `error` says more.
    RECEIVERS_FILE = "receivers_file"
    # The URL in the fact `variable`, on which no alert depends, can never be reached and was left out.
    SETTING = "setting"
    # The sound of the room's microphone has been cut off at full scale for minutes.
    CLIPPING = "clipping"
