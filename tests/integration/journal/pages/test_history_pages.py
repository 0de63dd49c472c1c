"""The pages of nights, days and missed crying, over real HTTP and with a real history."""

import datetime as dt
import re

import pytest
from support.journal.kept_history import MORNING, almost, crying, keep
from support.journal.served_pages import ServedPages

from tears.journal.access.role import Role
from tears.journal.history import HistoryFile, KeptEpisode, NearMiss
from tears.kit.calendar.nights import Night

# The morning of 15 January 2027, 09:00 in Berlin, so the night of the 14th goes on.
NIGHT = "/nights/2027-01-14"
GERMAN = {"Accept-Language": "de"}


def test_a_night_shows_its_crying_and_what_was_almost_crying(pages: ServedPages, history: HistoryFile) -> None:
    keep(
        history,
        crying("cried", MORNING - 7_200, seconds=240),
        almost("almost", MORNING - 3_600),
        heard=[(MORNING - 10_800, 10_800)],
    )
    page = pages.get(NIGHT)
    assert page.status == 200
    assert "Cried 1 time, 4 min." in page.text
    assert "/episodes/cried" in page.text
    assert "1 sound was a little like crying" in page.text
    assert "Nobody listened for 12 h 0 min." in page.text


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/days", "/days/2027-01-15"),
        ("/calendar", "/calendar/2027-01"),
        ("/episodes/e1/label", "/episodes/e1"),
        ("/episodes/e1/star", "/episodes/e1"),
        ("/episodes/e1/delete", "/episodes/e1"),
        ("/missed/m1/delete", "/missed"),
        ("/setup/access/password", "/setup/access"),
        ("/setup/access/guests/end", "/setup/access"),
        ("/setup/receivers/remove", "/setup/receivers"),
        ("/teach/use", "/teach"),
        ("/logout", "/"),
    ],
)
def test_an_address_without_a_page_of_its_own_leads_to_one(pages: ServedPages, path: str, leads_to: str) -> None:
    reply = pages.get(path)
    assert (reply.status, reply.headers["location"]) == (303, leads_to)


def test_a_night_of_which_nothing_is_known_says_so(pages: ServedPages) -> None:
    assert "Nothing is known of this time" in pages.get("/nights/2026-12-24").text


def test_a_day_shows_its_crying(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    page = pages.get("/days/2027-01-15").text
    assert "Friday, 15 January" in page
    assert "/episodes/cried" in page


def test_the_week_and_the_calendar_show_the_minutes_of_each_night(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", Night(dt.date(2027, 1, 10)).starts_seconds + 60, seconds=1_500))
    assert "25 min · 1 time" in pages.get("/nights").text
    assert 'class="minutes numbers">25<' in pages.get("/calendar/2027-01").text


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        (NIGHT, "/nights/2027-01-13", "/nights/2027-01-15"),
        ("/days/2027-01-15", "/days/2027-01-14", "/days/2027-01-16"),
        ("/calendar/2027-01", "/calendar/2026-12", "/calendar/2027-02"),
        ("/nights", "/nights?until=2027-01-07", "/nights?until=2027-01-14"),
    ],
)
def test_the_present_leads_to_the_past_and_not_to_the_future(
    pages: ServedPages, path: str, before: str, after: str
) -> None:
    page = pages.get(path).text
    assert f'href="{before}"' in page
    assert f'href="{after}"' not in page
    assert f'href="{path}"' in pages.get(before).text or path == "/nights"


def test_an_earlier_week_leads_back_to_the_later_one(pages: ServedPages) -> None:
    page = pages.get("/nights?until=2027-01-03").text
    assert 'href="/nights?until=2027-01-10"' in page
    assert 'href="/nights?until=2026-12-27"' in page


@pytest.mark.parametrize(
    "path",
    [
        "/nights/2027-13-01",
        "/nights/tonight",
        "/nights/1500-01-01",
        "/nights/2099-12-311",
        "/nights?until=yesterday",
        "/days/2027-02-30",
        "/calendar/2027-00",
        "/calendar/2027-1",
        "/episodes/none",
        "/episodes/..%2f..%2fetc%2fpasswd",
    ],
)
def test_what_is_not_there_is_said_in_words(pages: ServedPages, path: str) -> None:
    page = pages.get(path)
    assert page.status == 404
    assert "That did not work" in page.text


@pytest.mark.parametrize("path", ["/nights/2000-01-01", "/nights/2099-12-31", "/days/2099-12-31", "/calendar/2099-12"])
def test_the_first_and_the_last_date_have_pages(pages: ServedPages, path: str) -> None:
    assert pages.get(path).status == 200


def test_a_name_of_a_room_with_markup_is_shown_as_text(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600, mic="<script>x"))
    for path in (NIGHT, "/episodes/cried"):
        assert "<script>x" not in pages.get(path).text
        assert "&lt;script&gt;x" in pages.get(path).text


def test_a_stretch_that_was_missed_is_shown_before_it_is_marked(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, heard=[(MORNING - 3_600, 3_600)])
    page = pages.get("/missed?mic=nursery&day=2027-01-15&time=08:20&minutes=3").text
    assert "The baby cried here" in page
    assert "08:20\N{EN DASH}08:23" in page
    assert "mic=nursery&amp;day=2027-01-15&amp;time=08%3A19&amp;minutes=3" in page


@pytest.mark.parametrize(
    "query",
    [
        "mic=attic&day=2027-01-15&time=08:20&minutes=3",
        "mic=nursery&day=2027-01-15&time=25:20&minutes=3",
        "mic=nursery&day=2027-01-15&time=08:20&minutes=999",
        "mic=nursery&day=today&time=08:20&minutes=3",
        "time=",
    ],
)
def test_a_stretch_that_makes_no_sense_is_refused_in_words(
    pages: ServedPages, history: HistoryFile, query: str
) -> None:
    keep(history, heard=[(MORNING - 3_600, 60)])
    reply = pages.get(f"/missed?{query}")
    assert reply.status in {400, 404}
    assert "Choose" in reply.text or "There is no such day" in reply.text


def test_what_sounded_most_like_crying_is_offered_as_missed(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, almost("almost", MORNING - 3_600), heard=[(MORNING - 3_600, 60)])
    assert "/episodes/almost" in pages.get("/missed").text


def test_the_sensitivity_page_counts_the_alerts_of_the_last_nights(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, heard=[(MORNING - 3_600, 3_600)])
    page = pages.get("/sensitivity")
    assert page.status == 200
    assert ">0</span> alerts a night" in page.text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/episodes/cried/label", {"verdict": "cat"}),
        ("/episodes/cried/star", {"starred": "yes"}),
        ("/episodes/cried/delete", {}),
        ("/missed", {"mic": "nursery", "day": "2027-01-15", "time": "08:20", "minutes": "3"}),
        ("/sensitivity", {"level": "high"}),
    ],
)
def test_a_guest_sees_no_forms_and_can_change_nothing(
    pages: ServedPages, history: HistoryFile, path: str, fields: dict[str, str]
) -> None:
    keep(history, crying("cried", MORNING - 3_600), heard=[(MORNING - 3_600, 60)])
    pages.log_in(Role.GUEST)
    for shown in ("/episodes/cried", "/missed?mic=nursery&day=2027-01-15&time=08:00&minutes=3", "/sensitivity"):
        page = pages.get(shown)
        assert page.status == 200
        assert [one for one in re.findall(r'method="post" action="([^"]*)"', page.text) if one != "/logout"] == []
    assert pages.post(path, fields, form_at=NIGHT).status == 403
    episode = history.episode("cried")
    assert episode is not None
    assert (episode.label, episode.starred, history.labels()) == (None, False, [])


@pytest.mark.parametrize(
    "path", ["/nights", NIGHT, "/days/2027-01-15", "/calendar/2027-01", "/episodes/cried", "/missed"]
)
def test_nobody_sees_anything_without_logging_in(pages: ServedPages, history: HistoryFile, path: str) -> None:
    keep(history, crying("cried", MORNING - 3_600))
    pages.log_in(Role.NOBODY)
    reply = pages.get(path)
    assert reply.status == 303
    assert "/login" in reply.headers["location"]


def test_the_pages_speak_german_to_a_german_browser(pages: ServedPages, history: HistoryFile) -> None:
    keep(history, crying("cried", MORNING - 3_600, seconds=240), heard=[(MORNING - 3_600, 3_600)])
    page = pages.get(NIGHT, GERMAN).text
    assert '<html lang="de">' in page
    assert "Nacht vom Donnerstag, 14. Januar" in page
    assert "Hat 1-mal geweint, 4 min." in page
    assert "Diesen Tag gibt es nicht." in pages.get("/days/2027-02-30", GERMAN).text


def test_the_page_of_a_full_night_stays_small_with_all_its_files(pages: ServedPages, history: HistoryFile) -> None:
    events: list[KeptEpisode | NearMiss] = []
    for k in range(100):
        events += [
            crying(f"e{k}", MORNING - 40_000 + 400 * k, seconds=100),
            almost(f"n{k}", MORNING - 39_800 + 400 * k),
        ]
    keep(history, *events, heard=[(MORNING - 50_000, 50_000)])
    page = pages.get(NIGHT)
    files = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text))
    assert len(page.body) + sum(len(pages.get(one).body) for one in files) < 150_000


def test_the_manifest_makes_the_page_installable(pages: ServedPages) -> None:
    reply = pages.get("/manifest.webmanifest")
    assert reply.headers["content-type"] == "application/manifest+json"
    manifest = reply.json
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    for icon in manifest["icons"]:
        assert pages.get(icon["src"]).status == 200, icon
