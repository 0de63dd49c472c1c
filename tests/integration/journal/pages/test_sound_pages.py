"""The page of a sound, and what a parent does with it, over real HTTP and with a real history."""

import pytest
from support.journal.kept_history import MORNING, almost, crying, keep
from support.journal.served_pages import PARENT_PASSWORD, PageReply, ServedPages

from tears.journal.access.role import Role
from tears.journal.history import HistoryFile, Verdict


def follow(pages: ServedPages, reply: PageReply) -> PageReply:
    assert reply.status == 303
    return pages.get(reply.headers["location"])


def test_an_alert_that_is_faster_than_the_journal_leads_to_a_page_that_waits(
    pages: ServedPages, history: HistoryFile
) -> None:
    link = f"/episodes/e1?at={int(MORNING) - 2}"
    page = pages.get(link)
    assert (page.status, 'http-equiv="refresh"' in page.text, 'href="/"' in page.text) == (202, True, True)
    assert "its page is still being written" in page.text
    keep(history, crying("e1", MORNING - 10, seconds=None))
    assert (pages.get(link).status, "Crying at" in pages.get(link).text) == (200, True)
    history.delete("e1")
    assert pages.get(link).status == 404


@pytest.mark.parametrize("query", ["", "?at=", "?at=soon", f"?at={int(MORNING) - 700}", f"?at={int(MORNING) + 700}"])
def test_a_sound_that_nobody_has_just_been_told_of_is_not_waited_for(pages: ServedPages, query: str) -> None:
    assert pages.get(f"/episodes/e1{query}").status == 404


def test_the_login_leads_back_to_the_whole_address(pages: ServedPages) -> None:
    link = f"/episodes/e1?at={int(MORNING)}"
    pages.log_in(Role.NOBODY)
    login = pages.get(link).headers["location"]
    assert 'name="next" value="/episodes/e1?at=' in pages.get(login).text
    reply = pages.post("/login", {"password": PARENT_PASSWORD, "next": link}, form_at=login)
    assert (reply.status, reply.headers["location"]) == (303, link)


def test_the_page_with_a_link_to_share_can_be_loaded_again(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    reply = pages.post("/episodes/cried/share", form_at="/episodes/cried")
    assert (reply.status, reply.headers["location"]) == (303, "/episodes/cried/share")
    for _ in range(2):
        assert "/shared/" in pages.get(reply.headers["location"]).text
    pages.log_in(Role.GUEST)
    assert pages.get("/episodes/cried/share").status == 403


def test_a_parent_says_what_a_sound_was_and_takes_it_back(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    page = follow(pages, pages.post("/episodes/cried/label", {"verdict": "cat"}, form_at="/episodes/cried"))
    assert "Thank you" in page.text
    label = history.labels()[0]
    assert (label.verdict, label.episode_id, label.made_by) == (Verdict.CAT, "cried", "parent")
    pages.post("/episodes/cried/label", {"verdict": ""}, form_at="/episodes/cried")
    assert history.labels() == []


def test_a_near_miss_gets_an_answer_too(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, almost("almost", MORNING - 3_600))
    assert "so there was no alert" in pages.get("/episodes/almost").text
    pages.post("/episodes/almost/label", {"verdict": "crying"}, form_at="/episodes/almost")
    assert [one.near_miss_id for one in history.labels()] == ["almost"]


def test_an_answer_that_is_none_of_the_choices_changes_nothing(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    reply = pages.post("/episodes/cried/label", {"verdict": "<b>dog</b>"}, form_at="/episodes/cried")
    assert (reply.status, history.labels()) == (400, [])


def test_a_star_stays_until_it_is_taken_away(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    pages.post("/episodes/cried/star", {"starred": "yes"}, form_at="/episodes/cried")
    starred = history.episode("cried")
    assert starred is not None
    assert starred.starred
    pages.post("/episodes/cried/star", {"starred": "no"}, form_at="/episodes/cried")
    unstarred = history.episode("cried")
    assert unstarred is not None
    assert not unstarred.starred


def test_a_deleted_sound_is_gone(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    assert "/nights" in pages.post("/episodes/cried/delete", form_at="/episodes/cried").headers["location"]
    assert history.episode("cried") is None


def test_a_sound_leads_to_those_before_and_after_it(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("first", MORNING - 9_000), almost("second", MORNING - 6_000), crying("third", MORNING - 3_000))
    page = pages.get("/episodes/second").text
    assert 'href="/episodes/first"' in page
    assert 'href="/episodes/third"' in page
    assert "/nights/2027-01-14" in page
