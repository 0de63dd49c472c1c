"""A notice leads to the page of what it is about."""

import pytest

from tears.alerter.notices.journal_links import journal_page
from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.notices.notice import Notice
from tears.alerter.notices.wording import words_of

NOW = 1_800_000_000.5
EPISODE = {"episode_id": "e 1/2"}
START_PAGE = "http://pi.local:8080"


@pytest.mark.parametrize("kind", [NoticeKind.CRYING, NoticeKind.STILL_CRYING, NoticeKind.CRYING_ENDED])
@pytest.mark.parametrize(
    "journal_url", [START_PAGE, f"{START_PAGE}/", "https://house.example/journal", "http://[::1", "http://[zz]"]
)
def test_a_notice_about_crying_leads_to_its_page_and_says_when_it_was(kind: NoticeKind, journal_url: str) -> None:
    expected = f"{journal_url.rstrip('/')}/episodes/e%201%2F2?at=1800000000"
    notice = Notice("key", kind, "nursery", EPISODE, NOW)
    assert journal_page(journal_url, notice) == expected
    assert words_of(notice, "en", NOW, journal_url).body.endswith(f"\n{expected}")


@pytest.mark.parametrize(
    ("notice", "journal_url", "expected"),
    [
        (Notice("key", NoticeKind.NOT_LISTENING, "nursery", EPISODE, NOW), START_PAGE, START_PAGE),
        (Notice("key", NoticeKind.TEST, "", {}, NOW), START_PAGE, START_PAGE),
        (Notice("key", NoticeKind.CRYING, "nursery", {}, NOW), START_PAGE, START_PAGE),
        (Notice("key", NoticeKind.CRYING, "nursery", EPISODE, NOW), f"{START_PAGE}/?a=b", f"{START_PAGE}/?a=b"),
        (Notice("key", NoticeKind.CRYING, "nursery", EPISODE, NOW), "", ""),
        (
            Notice("key", NoticeKind.CRYING, "nursery", {"episode_id": "e1"}, 0.0),
            START_PAGE,
            f"{START_PAGE}/episodes/e1",
        ),
    ],
)
def test_what_has_no_page_of_its_own_leads_to_the_start(notice: Notice, journal_url: str, expected: str) -> None:
    assert journal_page(journal_url, notice) == expected
