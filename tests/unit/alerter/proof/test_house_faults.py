"""Each fault of the house is told once, and once more when it is over."""

from tears.alerter.episodes.monitor_state import Now
from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.proof.house_faults import HouseFaults, Trouble

START_SECONDS = 1_780_000_000.0
CLOCK = Trouble(ListeningFault.CLOCK)
SELF_TEST = Trouble(ListeningFault.SELF_TEST)


def at(seconds: float) -> Now:
    return Now(seconds, START_SECONDS + seconds)


def test_a_fault_is_told_once_and_so_is_its_end() -> None:
    faults = HouseFaults()
    told = faults.note(SELF_TEST, {"stage": "classifier"}, at(5.0))
    assert told is not None
    assert (told.kind, told.mic) == (NoticeKind.NOT_LISTENING, "")
    assert told.facts == {
        "trouble": "self_test",
        "reason": "self_test",
        "stage": "classifier",
        "since_seconds": START_SECONDS + 5.0,
    }
    assert faults.note(SELF_TEST, {"stage": "preprocessor"}, at(6.0)) is None
    over = faults.note(SELF_TEST, None, at(70.0))
    assert over is not None
    assert (over.kind, over.facts["stage"], over.subject) == (NoticeKind.LISTENING_AGAIN, "classifier", told.subject)
    assert over.key != told.key
    assert faults.note(SELF_TEST, None, at(71.0)) is None
    assert not faults.told


def test_a_hiccup_is_not_told_and_a_fault_that_lasts_is_told_with_its_beginning() -> None:
    faults = HouseFaults()
    assert faults.note(CLOCK, {"error": "1970"}, at(0.0)) is None
    assert faults.note(CLOCK, None, at(30.0)) is None
    assert faults.note(CLOCK, {"error": "1970"}, at(40.0)) is None
    assert faults.note(CLOCK, {"error": "1970"}, at(99.0)) is None
    told = faults.note(CLOCK, {"error": "1970"}, at(100.0))
    assert told is not None
    assert told.facts["since_seconds"] == START_SECONDS + 40.0


def test_what_was_told_is_known_after_a_restart() -> None:
    before = HouseFaults()
    before.note(SELF_TEST, {"stage": "redis"}, at(0.0))
    after = HouseFaults()
    after.restore(before.encode())
    assert after.is_told(ListeningFault.SELF_TEST)
    assert after.note(SELF_TEST, {"stage": "redis"}, at(10.0)) is None
    over = after.note(SELF_TEST, None, at(20.0))
    assert over is not None
    assert over.facts["stage"] == "redis"


def test_each_room_and_each_receiver_has_faults_of_its_own() -> None:
    faults = HouseFaults()
    faults.note_subjects(ListeningFault.CLIPPING, {"nursery": {}, "attic": {}}, at(0.0))
    told = faults.note_subjects(ListeningFault.CLIPPING, {"nursery": {}, "attic": {}}, at(300.0))
    assert [(one.mic, one.kind) for one in told] == [
        ("attic", NoticeKind.NOT_LISTENING),
        ("nursery", NoticeKind.NOT_LISTENING),
    ]
    assert not faults.note_subjects(ListeningFault.CLIPPING, {"nursery": {}}, at(301.0))
    (over,) = faults.note_subjects(ListeningFault.CLIPPING, {"nursery": {}}, at(601.0))
    assert (over.mic, over.kind) == ("attic", NoticeKind.LISTENING_AGAIN)
    assert [one.subject for one in faults.told] == ["nursery"]
    assert told[0].subject != told[1].subject
