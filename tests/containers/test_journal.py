"""The journal in containers: its page asks for a password, its history survives a kill, and no alert needs it."""

import http.client
import json
import re
import time
import urllib.parse
from contextlib import closing

from support.deployment.compose import LOOK_SECONDS, Containers
from support.deployment.demo_episodes import CRIES_SECONDS, CRY_SECONDS, closed_episodes, opened_since
from support.waiting import wait_until

KEPT_SECONDS = 120.0
ANSWER_SECONDS = 60.0
_CLOSED_EPISODES = """
import json, sqlite3
file = sqlite3.connect("file:/var/lib/tears/journal/history.sqlite3?mode=ro", uri=True)
print(json.dumps([row[0] for row in file.execute("SELECT id FROM episodes WHERE ended_at IS NOT NULL")]))
"""


def kept_episodes(pipeline: Containers) -> set[str]:
    """Return the ids of the closed episodes in the journal's history; empty if it does not run."""
    status, text = pipeline.run_in("journal", "python", "-c", _CLOSED_EPISODES)
    return set(json.loads(text)) if status == 0 else set()


def wait_until_kept(pipeline: Containers, wanted: set[str]) -> None:
    wait_until(
        lambda: wanted <= kept_episodes(pipeline),
        KEPT_SECONDS,
        describe=lambda: f"{wanted} in {kept_episodes(pipeline)}\n{pipeline.logs('journal')}",
        look_seconds=LOOK_SECONDS,
    )


class Browser:
    """Asks for the pages at the published port, and keeps the cookies."""

    def __init__(self, pipeline: Containers) -> None:
        self._port = pipeline.published_port("journal")
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, **fields: str) -> tuple[http.client.HTTPResponse, str]:
        """Return an answer and its text; redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        with closing(connection):
            connection.request(method, path, urllib.parse.urlencode(fields) or None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer, text

    def log_in(self, password: str) -> int:
        """Send the form of the login; return the status."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.ask("GET", "/login")[1])
        assert found
        return self.ask("POST", "/login", csrf=found[1], password=password)[0].status


def test_the_page_lets_in_only_who_has_the_password_that_the_first_start_has_logged(pipeline: Containers) -> None:
    pipeline.wait_until_healthy("journal")
    found = re.findall(r"log in to the pages with the password (\S+)", pipeline.logs("journal"))
    assert len(found) == 1
    browser = Browser(pipeline)

    answer, _ = browser.ask("GET", "/nights")
    assert (answer.status, answer.headers["location"].partition("?")[0]) == (303, "/login")
    assert browser.log_in("a guess") != 303
    assert browser.ask("GET", "/nights")[0].status == 303
    assert browser.log_in(found[0]) == 303
    assert browser.ask("GET", "/nights")[0].status == 200


def test_the_history_survives_a_kill_and_goes_on(pipeline: Containers) -> None:
    wait_until(
        lambda: closed_episodes(pipeline),
        CRIES_SECONDS,
        describe=lambda: f"an episode of the demo\n{pipeline.logs('alerter')}",
        look_seconds=LOOK_SECONDS,
    )
    before = {one.episode_id for one in closed_episodes(pipeline)}
    wait_until_kept(pipeline, before)

    pipeline.crash("journal")

    pipeline.wait_until_healthy("journal")
    assert before <= kept_episodes(pipeline)
    more = len(before) + 1
    wait_until(
        lambda: len(closed_episodes(pipeline)) >= more,
        CRIES_SECONDS,
        describe=lambda: f"{more} episodes of the demo\n{pipeline.logs('alerter')}",
        look_seconds=LOOK_SECONDS,
    )
    wait_until_kept(pipeline, {one.episode_id for one in closed_episodes(pipeline)})


def test_alerts_go_on_while_the_journal_is_away_and_it_catches_up(pipeline: Containers) -> None:
    pipeline.call("stop", "journal")
    since_seconds = time.time()
    try:
        wait_until(
            lambda: opened_since(pipeline, since_seconds),
            CRY_SECONDS,
            describe=lambda: f"an episode without the journal\n{pipeline.logs('alerter')}",
            look_seconds=LOOK_SECONDS,
        )
        missed = {one.episode_id for one in opened_since(pipeline, since_seconds)}
        wait_until(
            lambda: missed <= {one.episode_id for one in closed_episodes(pipeline)},
            CRIES_SECONDS,
            describe=lambda: f"the end of {missed}\n{pipeline.logs('alerter')}",
            look_seconds=LOOK_SECONDS,
        )
    finally:
        pipeline.call("start", "journal")
    pipeline.wait_until_healthy("journal")
    wait_until_kept(pipeline, missed)
