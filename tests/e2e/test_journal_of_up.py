"""The journal that `tears up` starts: its page, and that nothing of it stops the alerts."""

import http.client
import os
import re
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from urllib.parse import urlsplit

from support.network.receivers import NoticeReceiver
from support.processes.tears_command import RUN_SECONDS, descendants, start_tears
from support.waiting import wait_until

DEADLINE_SECONDS = 60.0
# So that only this test's pages answer.
SETTINGS = {"TEARS_JOURNAL_PAGE_LISTEN": "loopback"}


@contextmanager
def running(scene: Path, tmp_path: Path, *options: str, **settings: str) -> Iterator[Popen[str]]:
    """Yield `tears up` that plays the scene; end it with Ctrl-C, and check that it ends well."""
    process = start_tears(
        "up", "--input", scene, "--mic", "nursery", *options, **SETTINGS, **settings, TMPDIR=str(tmp_path)
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 0, output


def line_with(process: Popen[str], words: str) -> str:
    """Return the next line that has these words."""
    assert process.stdout is not None
    lines: Iterable[str] = process.stdout
    found = next((line for line in lines if words in line), None)
    assert found is not None, f"ended before {words!r}"
    return found


def url_in(line: str) -> str:
    found = re.search(r"http://[0-9.:]+", line)
    assert found, line
    return found[0]


def answers(url: str) -> bool:
    """Return whether the page answers in any way; it may ask for a login first."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def journal_of(process: Popen[str]) -> int | None:
    """Return the process id of the journal."""
    return next((pid for pid, command in descendants(process.pid) if "-m tears.journal " in command), None)


def test_it_prints_the_address_of_its_page_and_the_alerts_link_to_it(crying: Path, tmp_path: Path) -> None:
    with (
        NoticeReceiver() as receiver,
        running(crying, tmp_path, TEARS_ALERTER_NOTIFY=receiver.url()) as process,
    ):
        url = url_in(line_with(process, "the journal: "))
        wait_until(lambda: answers(url), DEADLINE_SECONDS, describe=f"an answer at {url}")
        wait_until(lambda: receiver.taken, RUN_SECONDS, describe="an alert")
        assert url in receiver.taken[0]["message"]


def test_a_journal_that_is_killed_comes_back_at_the_same_address(scene: Path, tmp_path: Path) -> None:
    with running(scene, tmp_path) as process:
        url = url_in(line_with(process, "the journal: "))
        killed = journal_of(process)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        line_with(process, "the journal ended with status -9; it is started again")
        wait_until(lambda: journal_of(process) not in {None, killed}, DEADLINE_SECONDS, describe="a new journal")
        wait_until(lambda: answers(url), DEADLINE_SECONDS, describe=f"an answer at {url}")


def test_a_journal_that_refuses_its_settings_says_so_and_the_alerts_go_on(crying: Path, tmp_path: Path) -> None:
    with (
        NoticeReceiver() as receiver,
        running(crying, tmp_path, TEARS_JOURNAL_PORT="nonsense", TEARS_ALERTER_NOTIFY=receiver.url()) as process,
    ):
        assert "TEARS_JOURNAL_PORT is 'nonsense'" in line_with(process, "there is no journal: ")
        wait_until(lambda: receiver.taken, RUN_SECONDS, describe="an alert")


def test_what_an_alert_needs_goes_first(scene: Path, tmp_path: Path) -> None:
    with running(scene, tmp_path) as process:
        line_with(process, "the journal: ")
        journal = journal_of(process)
        assert journal is not None
        others = [pid for pid, command in descendants(process.pid) if "-m tears.alerter" in command]
        assert os.getpriority(os.PRIO_PROCESS, journal) > os.getpriority(os.PRIO_PROCESS, others[0])
        assert _oom_score_adj(journal) > _oom_score_adj(others[0])


def test_it_may_teach_the_model_that_is_served(scene: Path, tmp_path: Path) -> None:
    with running(scene, tmp_path, XDG_DATA_HOME=str(tmp_path / "data")) as process:
        line_with(process, "the journal: ")
        journal = journal_of(process)
        assert journal is not None
        environ = dict(
            one.split("=", 1) for one in Path(f"/proc/{journal}/environ").read_text().split("\0") if "=" in one
        )
        [server] = [command for _, command in descendants(process.pid) if "-m tears.model_server" in command]
        models = environ["TEARS_JOURNAL_MODELS"]
        assert f"--model_base_path={models}" in server.split()
        assert (Path(models) / "1" / "guard_set.npz").is_file()
        socket = environ["TEARS_JOURNAL_MODEL_SERVER"].removeprefix("unix:")
        assert f"--grpc_socket_path={socket}" in server.split()


def test_without_the_journal_there_is_none(scene: Path, tmp_path: Path) -> None:
    with running(scene, tmp_path, "--no-journal") as process:
        line_with(process, "nursery: quiet")
        assert journal_of(process) is None


def _oom_score_adj(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())
