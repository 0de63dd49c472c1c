"""The words of a notice."""

import shlex
from typing import NamedTuple

from tears.alerter.notices.kinds import ListeningFault, NoticeKind
from tears.alerter.notices.lateness import is_late
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording.times import duration_words, listed_words, time_words
from tears.kit.registry.mic_names import room_of_mic

DEFAULT_LANGUAGE = "en"

_FAULT_WORDS = {
    ListeningFault.SILENT: "The microphone gives nothing but silence: it is muted, unplugged or broken",
    ListeningFault.STALLED: "The microphone gives no sound any more",
    ListeningFault.ABSENT: "The microphone cannot be found",
}
_HOUSE_TITLES = {
    ListeningFault.MEMORY_DAMAGED: "Tears: its memory was damaged",
    ListeningFault.MEMORY_ONLY: "Tears: alerts are not saved",
}
_HOUSE_BODIES = {
    ListeningFault.MEMORY_DAMAGED: "Listening goes on. But an alert that was not delivered before may be lost. "
    "The reason: {error}.",
    ListeningFault.MEMORY_ONLY: "Listening goes on, and alerts are sent. But a restart or a power cut may lose or "
    "repeat an alert. The reason: {error}.",
}


class Words(NamedTuple):
    """The text of a message to a parent."""

    title: str
    body: str


def words_of(notice: Notice, language: str, now_wall_seconds: float, journal_url: str = "") -> Words:
    """Return the words of a notice that is handed over now.

    Args:
        notice: what happened, with the earlier ones that are told together with it.
        language: one of `LANGUAGES`.
        now_wall_seconds: the wall clock, seconds since 1970: it decides which times need a date, and what is late.
        journal_url: where the house's journal is; empty if there is none.
    """
    del language
    words = _stored if "body" in notice.facts else _WORDS[notice.kind]
    title, body = words(notice, now_wall_seconds)
    first = notice.earlier[0] if notice.earlier else notice
    if is_late(first, now_wall_seconds):
        title, body = _late(notice, title, body, now_wall_seconds)
    return Words(title, f"{body}\n{journal_url}" if journal_url else body)


def _late(notice: Notice, title: str, body: str, now: float) -> tuple[str, str]:
    notices = [*notice.earlier, notice]
    times = [time_words(one.happened_at_seconds, now) for one in notices]
    if notice.kind is NoticeKind.CRYING:
        body = f"Crying began at {listed_words(times)}."
        title += f", {len(notices)} times" if len(notices) > 1 else ""
    elif notice.kind is NoticeKind.LISTENING_AGAIN and notice.mic and len(notices) > 1:
        body = f"Nobody listened to {_room(notice)} at times since {times[0]}. Listening again since {times[-1]}."
    late = f"This message is {duration_words(now - notices[0].happened_at_seconds)} late"
    return f"{title} (late)", f"{body} {late}: it could not be delivered before."


def _stored(notice: Notice, now: float) -> tuple[str, str]:
    """Return the words of a notice that a release before has saved."""
    del now
    return str(notice.facts["title"]), str(notice.facts["body"])


def _crying(notice: Notice, now: float) -> tuple[str, str]:
    return f"{_room(notice)}: crying", f"Crying since {_since(notice, now)}."


def _still_crying(notice: Notice, now: float) -> tuple[str, str]:
    return f"{_room(notice)}: still crying", f"Crying since {_since(notice, now)}, and nobody has reacted yet."


def _crying_ended(notice: Notice, now: float) -> tuple[str, str]:
    ended = time_words(notice.happened_at_seconds, now)
    return f"{_room(notice)}: crying ended", f"Crying since {_since(notice, now)}, until {ended}."


def _not_listening(notice: Notice, now: float) -> tuple[str, str]:
    room, at = _room(notice), time_words(notice.happened_at_seconds, now)
    reason = str(notice.facts.get("reason", ""))
    if not notice.mic:
        error = notice.facts.get("error", "unknown")
        title = _HOUSE_TITLES.get(reason, "Tears: not listening")  # type: ignore[call-overload]
        return title, _HOUSE_BODIES.get(reason, "The reason: {error}.").format(error=error)  # type: ignore[call-overload]
    silent = f"Nothing could be checked for crying for {notice.facts.get('silent_seconds', 0.0):.0f} s"
    why = _FAULT_WORDS.get(reason, silent)  # type: ignore[call-overload]
    if reason == ListeningFault.NOT_BACK:
        retire = f"tears retire {shlex.quote(room)}"
        why = f"The recorder was stopped and has not come back (if that is meant to be so: {retire})"
    return f"{room}: not listening", f"{why}, at {at}. Crying in {room} would go unnoticed."


def _listening_again(notice: Notice, now: float) -> tuple[str, str]:
    room = _room(notice)
    if not notice.mic:
        return "Tears: alerts are saved again", "The file with the alerts can be written again."
    since = time_words(notice.happened_at_seconds, now)
    return f"{room}: listening again", f"Listening to {room} again, since {since}."


def _night_report(notice: Notice, now: float) -> tuple[str, str]:
    del now
    return f"{_room(notice)}: the night", "The report of the night."


def _test(notice: Notice, now: float) -> tuple[str, str]:
    del now
    return f"{_room(notice)}: test", "This is a test. There is nothing to do."


def _room(notice: Notice) -> str:
    return room_of_mic(notice.mic) or "Tears"


def _since(notice: Notice, now: float) -> str:
    return time_words(float(notice.facts.get("since_seconds", notice.happened_at_seconds)), now)


_WORDS = {
    NoticeKind.CRYING: _crying,
    NoticeKind.STILL_CRYING: _still_crying,
    NoticeKind.CRYING_ENDED: _crying_ended,
    NoticeKind.NOT_LISTENING: _not_listening,
    NoticeKind.LISTENING_AGAIN: _listening_again,
    NoticeKind.NIGHT_REPORT: _night_report,
    NoticeKind.TEST: _test,
}
