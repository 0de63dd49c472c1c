"""Version folders, which appear whole or not at all."""

import os
import threading
import time
from pathlib import Path

import pytest
from support.training.exports import LABELS, VERSION_FILES, export_settings, export_untrained, files_in, untrained
from support.training.training_runs import files_of_at_most

from tears.own_data.sounds.named_signals import named_signals
from tears.trainer.errors import WriteError
from tears.trainer.exporting.export import write_version
from tears.trainer.exporting.version_folders import STALE_SECONDS, draft_version, publish_version, replace_files


def test_each_version_gets_the_number_after_the_highest(tmp_path: Path) -> None:
    for name in ("9", "10", "tmp", "1.5", ".unfinished-x", "-3", "٣"):
        (tmp_path / name).mkdir()

    numbers = []
    for _ in range(2):
        with draft_version(tmp_path) as draft:
            numbers.append(publish_version(draft).name)

    assert numbers == ["11", "12"]


def test_exports_at_the_same_moment_get_different_numbers(tmp_path: Path) -> None:
    ready = threading.Barrier(8)
    paths = []

    def write() -> None:
        with draft_version(tmp_path) as draft:
            (draft / "model.tflite").write_bytes(b"x")
            ready.wait()
            paths.append(publish_version(draft))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(int(path.name) for path in paths) == list(range(1, 9))
    assert all((path / "model.tflite").is_file() for path in paths)


def test_a_program_that_watches_the_folder_sees_a_version_whole_or_not_at_all(tmp_path: Path) -> None:
    seen: list[set[str]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for path in tmp_path.iterdir():
                if path.name.isdigit():
                    seen.append(files_in(path))
                    return

    watcher = threading.Thread(target=watch)
    watcher.start()
    version = export_untrained(tmp_path, "single_fc")
    watcher.join(timeout=10)
    done.set()

    assert seen
    assert seen == [files_in(version)]


def test_the_draft_of_a_killed_export_is_removed_a_day_later(tmp_path: Path) -> None:
    for name, age_seconds in ((".unfinished-old", 2 * STALE_SECONDS), (".unfinished-now", 0.0)):
        (tmp_path / name).mkdir()
        changed = time.time() - age_seconds
        os.utime(tmp_path / name, (changed, changed))
    with draft_version(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".unfinished-now"]


@pytest.mark.parametrize("size_bytes", [10_000, 100_000])
def test_a_full_disk_leaves_nothing_half_written(size_bytes: int, tmp_path: Path) -> None:
    model = untrained("single_fc")

    with files_of_at_most(size_bytes), pytest.raises(WriteError, match=r"cannot be written.*free some space"):
        export_settings(model, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(WriteError, match=r"file/export cannot be written: Not a directory; a file is where a folder"):
        export_untrained(tmp_path / "file" / "export", "single_fc")


def test_an_export_over_a_version_keeps_its_card(tmp_path: Path) -> None:
    path = tmp_path / "cry" / "1"
    (path / "variables").mkdir(parents=True)
    (path / "variables" / "stale").write_text("of an earlier export")
    (path / "MODEL_CARD.md").write_text("read me")
    model = untrained("single_fc")

    with draft_version(path.parent) as draft:
        scores = write_version(model, LABELS, draft, sample_rate_hz=16_000)
        replace_files(draft, path)

    assert (path / "MODEL_CARD.md").read_text() == "read me"
    assert not (path / "variables" / "stale").exists()
    assert files_in(path) >= VERSION_FILES
    assert [entry.name for entry in path.parent.iterdir()] == ["1"]
    assert scores["hiss"].sum() == pytest.approx(1.0, abs=1e-5)
    assert set(scores) == set(named_signals())
