"""Notices for tests of their delivery."""

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording import Words, words_of


def english(notice: Notice, now_wall_seconds: float | None = None) -> Words:
    """Return the words of a notice that is handed over when it happens, or at another time."""
    return words_of(notice, "en", notice.happened_at_seconds if now_wall_seconds is None else now_wall_seconds)


def crying_notice(key: str) -> Notice:
    """Return a notice with this key."""
    return Notice(key, NoticeKind.CRYING, "nursery")
