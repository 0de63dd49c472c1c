"""How each part of Tears is, in words for a parent. No I/O: values in, sentences out."""

from collections.abc import Sequence
from typing import NamedTuple

from tears.journal.setup.disk_use import DiskUse
from tears.journal.setup.house_health import HousePart, PartCause, PartReport, PartState
from tears.journal.web.words.page_words import PageWords

_MIB, _GIB = 2**20, 2**30
# Below this, a whole number of GB says too little.
_LEAST_GB = 10


class PartOnPage(NamedTuple):
    """A part: its name, how it is, and what to do about it; `cure` is empty if there is nothing to do."""

    part: HousePart
    state: PartState
    name: str
    words: str
    cure: str


def parts_on_page(reports: Sequence[PartReport], words: PageWords) -> list[PartOnPage]:
    """Return what is shown of the parts."""
    # Then "nothing to do at present" would be a guess.
    is_in_the_dark = PartReport(HousePart.REDIS, PartState.BAD) in reports
    unseen = words.say("not known, because Redis does not answer")
    return [
        PartOnPage(
            part=report.part,
            state=report.state,
            name=_name(report.part, words),
            words=unseen if is_in_the_dark and report.state is PartState.UNKNOWN else _words(report, words),
            cure=_cure(report, words),
        )
        for report in reports
    ]


def disk_words(disk: DiskUse, words: PageWords) -> str:
    """Return how much of the disk is free."""
    if disk.fault:
        return words.say("The disk cannot be looked at: {reason}.", reason=disk.fault)
    return words.say(
        "{free} of {total} free", free=size_words(disk.free_bytes, words), total=size_words(disk.total_bytes, words)
    )


def size_words(size_bytes: int, words: PageWords) -> str:
    """Return a size, such as 120 MB or 25 GB."""
    if size_bytes >= _LEAST_GB * _GIB:
        return words.say("{size} GB", size=round(size_bytes / _GIB))
    return words.say("{size} MB", size=round(size_bytes / _MIB))


def _name(part: HousePart, words: PageWords) -> str:
    return {
        HousePart.REDIS: words.say("Connection between the parts (Redis)"),
        HousePart.MICROPHONES: words.say("Microphones"),
        HousePart.PREPROCESSOR: words.say("Preparing the sound (preprocessor)"),
        HousePart.CLASSIFIER: words.say("Judging the sound (classifier)"),
        HousePart.MODEL_SERVER: words.say("The ear (model server)"),
        HousePart.ALERTER: words.say("Alerts (alerter)"),
        HousePart.SELF_TEST: words.say("Self-test: a cry that Tears plays to itself"),
    }[part]


def _words(report: PartReport, words: PageWords) -> str:
    if report.cause is PartCause.OTHER_RULES:
        return words.say("has not been started again since the update")
    if report.part is HousePart.SELF_TEST:
        return {
            PartState.GOOD: words.say("was heard"),
            PartState.BAD: words.say("was not heard"),
        }.get(report.state, words.say("is not played at present"))
    if report.part is HousePart.MICROPHONES:
        return {
            PartState.GOOD: words.say("give sound"),
            PartState.BAD: words.say("not all of them give sound"),
        }.get(report.state, words.say("none is connected"))
    return {
        PartState.GOOD: words.say("works"),
        PartState.WARNING: words.say("is nearly full"),
        PartState.BAD: words.say("does not work"),
        PartState.UNKNOWN: words.say("nothing to do at present"),
    }[report.state]


def _cure(report: PartReport, words: PageWords) -> str:
    if report.state in {PartState.GOOD, PartState.UNKNOWN}:
        return ""
    if report.cause is PartCause.OTHER_RULES:
        return words.say(
            "Some of what is new is refused. Start Redis again: docker compose restart redis, or on k3s "
            "kubectl --namespace tears rollout restart deployment redis."
        )
    if report.state is PartState.WARNING:
        return words.say("Listen to fewer rooms, or give Redis more memory.")
    return {
        HousePart.REDIS: words.say("Start Redis again, and check whether the disk or the memory is full."),
        HousePart.MICROPHONES: words.say("See above which one, and what to do."),
        HousePart.PREPROCESSOR: words.say("Start the preprocessor again."),
        HousePart.CLASSIFIER: words.say("Start the classifier again."),
        HousePart.MODEL_SERVER: words.say("Start the model server again."),
        HousePart.ALERTER: words.say("Start the alerter again. Without it, nobody is alerted."),
        HousePart.SELF_TEST: words.say("The part above that does not work is the reason."),
    }[report.part]
