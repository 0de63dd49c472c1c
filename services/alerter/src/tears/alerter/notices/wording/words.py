"""The words of a notice."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from tears.alerter.notices.journal_links import journal_page
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.lateness import is_late
from tears.alerter.notices.notice import BRINGS, Notice
from tears.alerter.notices.wording import house_words, night_words, room_words
from tears.alerter.notices.wording.late_words import late_words
from tears.alerter.notices.wording.speech import Speech
from tears.kit.registry.mic_names import room_of_mic

logger = logging.getLogger(__name__)


_ROOM_WORDS: dict[NoticeKind, Callable[[Notice, Speech], tuple[str, str]]] = {
    NoticeKind.CRYING: room_words.crying_words,
    NoticeKind.STILL_CRYING: room_words.still_crying_words,
    NoticeKind.CRYING_ENDED: room_words.crying_ended_words,
    NoticeKind.NOT_LISTENING: room_words.not_listening_words,
    NoticeKind.LISTENING_AGAIN: room_words.listening_again_words,
    NoticeKind.NIGHT_REPORT: night_words.night_report_words,
    NoticeKind.TEST: house_words.testing_words,
}
# Where these are not about a room.
_HOUSE_WORDS = {
    NoticeKind.NOT_LISTENING: house_words.trouble_words,
    NoticeKind.LISTENING_AGAIN: house_words.trouble_over_words,
}


class Words(NamedTuple):
    """The text of a message to a parent."""

    title: str
    body: str


def words_of(
    notice: Notice,
    language: str,
    now_wall_seconds: float,
    journal_url: str = "",
    name_of: Callable[[str], str] = room_of_mic,
) -> Words:
    """Return the words of a notice that is handed over now. Whatever is wrong with its facts, there are words.

    Args:
        notice: what happened, with the earlier ones that are told together with it.
        language: one of `LANGUAGES`.
        now_wall_seconds: the wall clock, seconds since 1970: it decides which times need a date, and what is late.
        journal_url: where the house's journal is; empty if there is none.
        name_of: returns the name of a microphone's room for people.
    """
    try:
        title, body = _words(notice, Speech(language, now_wall_seconds, name_of))
    except Exception:
        # An alert without its details is better than none.
        logger.exception("there are no words in %r for %s (%s)", language, notice, dict(notice.facts))
        title = body = str(notice)
    page = journal_page(journal_url, notice)
    return Words(title, f"{body}\n{page}" if page else body)


def _words(notice: Notice, speech: Speech) -> tuple[str, str]:
    if "body" in notice.facts:
        # The release before has saved it as words.
        words = str(notice.facts["title"]), str(notice.facts["body"])
    else:
        in_words = _HOUSE_WORDS.get(notice.kind) if not notice.mic else None
        words = (in_words or _ROOM_WORDS[notice.kind])(notice, speech)
    if BRINGS in notice.facts:
        return words[0], house_words.file_words(str(notice.facts[BRINGS]), speech)
    first = notice.earlier[0] if notice.earlier else notice
    return late_words(notice, words, speech) if is_late(first, speech.now_seconds) else words
