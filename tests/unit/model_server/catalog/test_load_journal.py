"""The memory of a server about versions that ended an earlier process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from unit.model_server.fakes import FakeClock, FakeLoader

from tears.model_server.catalog.load_journal import LoadJournal
from tears.model_server.catalog.model import Model
from tears.model_server.catalog.version_record import MAX_CRASHES, RetryPolicy, VersionState

FILES = frozenset({("model.tflite", 3, 1), ("labels.txt", 2, 1)})


def crash(journal_folder: Path, version: Path, times: int = 1) -> None:
    """Begin to load in processes that end meanwhile."""
    program = (
        "import sys; from pathlib import Path; from tears.model_server.catalog.load_journal import LoadJournal; "
        "from tears.model_server.catalog.version_folders import fingerprint; "
        "LoadJournal(Path(sys.argv[1])).begin(Path(sys.argv[2]), fingerprint(Path(sys.argv[2])))"
    )
    for _ in range(times):
        subprocess.run([sys.executable, "-c", program, str(journal_folder), str(version)], check=True)


class Restarted:
    """A model whose server has just started, over two versions."""

    def __init__(self, root: Path) -> None:
        self.loader, self.clock = FakeLoader(), FakeClock()
        self.base_path, self.journal_folder = root / "cry", root / "journal"
        for number in ("1", "2"):
            (self.base_path / number).mkdir(parents=True, exist_ok=True)
            (self.base_path / number / "model.tflite").touch()
        self.model = Model(
            "cry", self.base_path, self.loader, retry=RetryPolicy(5, 60.0), journal=LoadJournal(self.journal_folder),
            clock=self.clock,
        )  # fmt: skip

    def states(self) -> dict[int, VersionState]:
        return {status.number: status.state for status in self.model.statuses()}


def test_a_load_that_ends_is_forgotten_and_one_that_is_under_way_is_no_crash(tmp_path: Path) -> None:
    journal, version = LoadJournal(tmp_path / "j"), tmp_path / "1"
    journal.begin(version, FILES)
    assert journal.crashes(version, FILES) == 0
    assert LoadJournal(tmp_path / "j").crashes(version, FILES) == 0  # another server loads the same version
    journal.end(version)
    assert not list((tmp_path / "j").iterdir())


def test_processes_that_ended_meanwhile_are_counted_until_the_files_change(tmp_path: Path) -> None:
    version = tmp_path / "1"
    version.mkdir()
    crash(tmp_path / "j", version, times=2)
    journal = LoadJournal(tmp_path / "j")
    assert journal.crashes(version, frozenset()) == 2
    assert journal.crashes(version, FILES) == 0
    journal.begin(version, FILES)
    journal.close()
    assert journal.crashes(version, frozenset()) == 0


def test_a_new_process_with_the_number_of_the_old_one_is_another(tmp_path: Path) -> None:
    journal, version = LoadJournal(tmp_path), tmp_path / "1"
    journal.begin(version, FILES)
    (path,) = tmp_path.iterdir()
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": "1"}))
    assert journal.crashes(version, FILES) == 1


def test_a_folder_that_cannot_be_written_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    (tmp_path / "file").touch()
    journal = LoadJournal(tmp_path / "file" / "j")
    for _ in range(2):
        journal.begin(tmp_path / "1", FILES)
        journal.end(tmp_path / "1")
    assert journal.crashes(tmp_path / "1", FILES) == 0
    assert caplog.text.count("a version that ends the server is not remembered") == 1


def test_after_a_crash_the_version_before_is_served_first_and_the_newest_tried_once_more(tmp_path: Path) -> None:
    server = Restarted(tmp_path)
    crash(server.journal_folder, server.base_path / "2")
    server.model.poll()
    server.model.poll()
    assert server.loader.tries == ["1"]
    assert server.states() == {2: VersionState.END, 1: VersionState.AVAILABLE}
    assert "ended 1 times in a row while it loaded" in server.model.statuses()[0].message
    server.clock.seconds += 61
    server.model.poll()
    assert server.states()[2] == VersionState.AVAILABLE
    assert not list(server.journal_folder.iterdir())


def test_after_more_crashes_it_is_tried_only_when_its_files_change(tmp_path: Path) -> None:
    server = Restarted(tmp_path)
    crash(server.journal_folder, server.base_path / "2", times=MAX_CRASHES)
    for _ in range(10):
        server.model.poll()
        server.clock.seconds += 61
    assert server.loader.tries == ["1"]
    (server.base_path / "2" / "model.tflite").write_bytes(b"smaller")
    server.model.poll()
    assert server.states()[2] == VersionState.AVAILABLE


def test_if_no_other_version_can_serve_it_is_tried_all_the_same(tmp_path: Path) -> None:
    server = Restarted(tmp_path)
    server.loader.breaks("1")
    crash(server.journal_folder, server.base_path / "2", times=MAX_CRASHES)
    server.model.poll()
    assert server.loader.tries == ["1", "2"]
    assert server.states()[2] == VersionState.AVAILABLE


def test_a_container_without_any_folder_for_temporary_files_serves_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    # Writing to it fails: it is below a file.
    (tmp_path / "file").touch()
    monkeypatch.setattr(
        "tears.model_server.catalog.load_journal._FOLDER_NAME", f"..{tmp_path}/file/{{user}}", raising=True
    )

    journal = LoadJournal()
    journal.begin(tmp_path, FILES)

    assert journal.crashes(tmp_path, FILES) == 0
    journal.end(tmp_path)
    journal.close()
