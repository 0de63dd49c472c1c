"""The lines of docs/api.md do what the page says."""

import dataclasses
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.journal.clips.clip_house import ClipHouse
from prometheus_client import CollectorRegistry
from support.journal.served_pages import PARENT_PASSWORD, ServedPages
from support.journal.spoken_room import SpokenRoom, live_house
from support.places import ROOT

from tears.journal.access.role import Role
from tears.journal.parts import JournalParts
from tears.journal.settings import JournalSettings
from tears.journal.setup.house_setup import HouseSetup
from tears.journal.setup.room_naming import RoomNaming

PAGE = (ROOT / "docs" / "api.md").read_text()
# The tests of teaching, of the setup and of sensitivity have those about it, which need a model or an alerter.
LINES = [
    line.strip()
    for line in PAGE.splitlines()
    if line.startswith("    ask ")
    and "/teach" not in line
    and "$TEARS/receivers" not in line
    and "sensitivity --request PUT" not in line
]


@pytest.fixture
def pages(house: ClipHouse) -> Iterator[ServedPages]:
    house.hear(0, 100)
    house.cut(house.cries("one", 30, 20))
    # Without Redis among the parts, the alerter's answer is not waited for.
    live = live_house(house.clock, CollectorRegistry())
    SpokenRoom(live, house.clock).be_quiet()
    settings = JournalSettings(port=0, page_listen="loopback")
    parts = JournalParts(settings=settings, clock=house.clock, history=house.history, clips=house.store, live=live)
    parts = dataclasses.replace(
        parts,
        naming=RoomNaming(house.history, house.client, house.clock),
        setup=HouseSetup(house.client, "", house.data),
    )
    with ServedPages(parts) as served:
        yield served


def test_every_line_of_the_page_works(pages: ServedPages, house: ClipHouse, tmp_path: Path) -> None:
    assert shutil.which("curl"), "install curl"
    secret, _ = pages.access.make_token("docs", Role.PARENT)
    (asks,) = re.findall(r"alias ask='(.+)'", PAGE)
    # What the page exports, with this house in place of a Pi; an alias works only in a terminal.
    head = (
        f"export TEARS=http://127.0.0.1:{pages.port}/api/v1 TOKEN={secret} NOW={int(house.clock.wall_seconds())}\n"
        f'ask() {{ {asks} "$@"; }}\n'
    )
    for line in LINES:
        _, other = pages.access.make_token("another", Role.GUEST)
        browser = pages.access.sessions.begin(Role.GUEST, "a browser")
        session = pages.access.sessions.find(browser)
        assert session is not None
        named = line.replace("tokens/ID", f"tokens/{other.id}").replace("sessions/ID", f"sessions/{session.id}")
        # The line has it within quotes.
        named = named.replace("PASSWORD", PARENT_PASSWORD.replace("'", r"'\''"))
        named = re.sub(r"\bID\b", "one", named)
        done = subprocess.run(
            ["/bin/bash", "-c", head + named], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        if done.stdout:
            assert json.loads(done.stdout) is not None
    assert (tmp_path / "cry.flac").read_bytes()[:4] == b"fLaC"
    assert house.history.episode("one") is None
