"""A notice as a row of the outbox.

The columns `title`, `body` and `kind` hold what the release before sends, so that one can go back to it. Its own rows
have only these, and are sent with the words that it chose. No I/O.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from tears.alerter.notices.kinds import APPRISE_TYPES, NoticeKind
from tears.alerter.notices.notice import Fact, Notice
from tears.alerter.notices.wording import words_of
from tears.kit.registry.mic_names import mic_of_room

NOTICE_COLUMNS = ("key", "title", "body", "kind", "happened_at_seconds", "notice_kind", "mic", "facts")

# How the titles of the release before end, after the room's name.
_OLD_ENDINGS = {
    "crying": NoticeKind.CRYING,
    "not listening": NoticeKind.NOT_LISTENING,
    "listening again": NoticeKind.LISTENING_AGAIN,
}


def row_of_notice(notice: Notice) -> tuple[Any, ...]:
    """Return the values of `NOTICE_COLUMNS`."""
    words = words_of(notice, "en", notice.happened_at_seconds)
    return (
        notice.key,
        words.title,
        words.body,
        APPRISE_TYPES[notice.kind],
        notice.happened_at_seconds,
        notice.kind.value,
        notice.mic,
        msgspec.json.encode(notice.facts).decode(),
    )


def notice_of_row(values: Sequence[Any]) -> Notice:
    """Return the notice in a row. If this release cannot read its kind or its facts, it has the words in the row."""
    key, title, body, kind, happened_at_seconds, notice_kind, mic, facts = values
    try:
        read_facts = msgspec.json.decode(facts, type=dict[str, Fact])
        return Notice(key, NoticeKind(notice_kind), mic, read_facts, happened_at_seconds)
    except ValueError:  # also msgspec's errors
        return _notice_with_words(key, title, body, kind, happened_at_seconds)


def _notice_with_words(key: str, title: str, body: str, kind: str, happened_at_seconds: float) -> Notice:
    facts = {"title": title, "body": body}
    room, _, ending = title.rpartition(": ")
    if ending in _OLD_ENDINGS:
        return Notice(key, _OLD_ENDINGS[ending], mic_of_room(room), facts, happened_at_seconds)
    known = NoticeKind.LISTENING_AGAIN if kind == "success" else NoticeKind.NOT_LISTENING
    return Notice(key, known, facts={**facts, "trouble": title}, happened_at_seconds=happened_at_seconds)
