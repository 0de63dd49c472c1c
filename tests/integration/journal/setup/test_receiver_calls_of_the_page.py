"""The lines about receivers in docs/api.md do what the page says."""

import json
import re
import shutil
import subprocess

import pytest
from support.journal.served_pages import ServedPages
from support.network.receivers import NoticeReceiver
from support.places import ROOT

from tears.journal.access.role import Role

PAGE = (ROOT / "docs" / "api.md").read_text()
LINES = [line.strip() for line in PAGE.splitlines() if line.startswith("    ask $TEARS/receivers")]


@pytest.mark.usefixtures("alerter")
def test_every_line_about_receivers_works(pages: ServedPages, receiver: NoticeReceiver) -> None:
    assert shutil.which("curl"), "install curl"
    secret, _ = pages.access.make_token("docs", Role.PARENT)
    (asks,) = re.findall(r"alias ask='(.+)'", PAGE)
    head = f'export TEARS=http://127.0.0.1:{pages.port}/api/v1 TOKEN={secret}\nask() {{ {asks} "$@"; }}\n'
    seen, names = "", []
    # The last receiver cannot be removed, so there has to be another one.
    another = LINES[1].replace('"mum"', '"dad"')
    for line in (LINES[0], another, *LINES):
        url = receiver.url("dad" if line == another else "mum")
        asked = line.replace("SEEN", seen).replace("ntfys://ntfy.sh/TOPIC", url)
        done = subprocess.run(["/bin/bash", "-c", head + asked], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        answer = json.loads(done.stdout)
        if "seen" in answer:
            seen = answer["seen"]
            names.append([one["name"] for one in answer["receivers"]])
    assert names == [[], ["dad"], ["dad"], ["dad", "mum"], ["dad"]]
    assert receiver.paths == ["/mum"]
