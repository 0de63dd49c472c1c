"""Where in the journal a notice leads. No I/O."""

from urllib.parse import quote

from tears.alerter.notices.kinds import ABOUT_CRYING
from tears.alerter.notices.notice import Notice


def journal_page(journal_url: str, notice: Notice) -> str:
    """Return the page of the crying that a notice is about, else the start page; empty if there is no journal.

    The page says when it happened: a parent who taps at once comes before the journal has written it down, and the
    journal waits for what is that new.
    """
    episode_id = str(notice.facts.get("episode_id", ""))
    # Only the start page of an address with more than a path can be known. The address is not parsed: that raises for
    # some, and no alert may depend on it.
    has_more = "?" in journal_url or "#" in journal_url
    if not journal_url or not episode_id or notice.kind not in ABOUT_CRYING or has_more:
        return journal_url
    page = f"{journal_url.rstrip('/')}/episodes/{quote(episode_id, safe='')}"
    return f"{page}?at={int(notice.happened_at_seconds)}" if notice.happened_at_seconds > 0 else page
