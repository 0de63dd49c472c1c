"""`tears record` without a Redis of its own choice: it finds the pipeline of this machine."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.record.record_command import ChunkWriter, Record, files
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer

from tears.cli.places.running_pipelines import Announcement, running_redis_urls
from tears.cli.places.usual_redis import has_recorder
from tears.kit.streams import names


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def usual() -> Iterator[RedisServer]:
    """Yield the Redis that stands for the one at the usual address of this machine."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def finder(out: Path, tmp_path: Path, usual: RedisServer) -> Iterator[ServiceProcess]:
    """Yield a `tears record` that was told of no Redis."""
    arguments = ["record", "--out", str(out), "--leave-gib", "0", "--seconds", "2", "--usual-redis", usual.url]
    with ServiceProcess("tears.cli", {}, tmp_path / "record.log", arguments=arguments) as process:
        yield process


def test_it_waits_for_a_pipeline_and_records_one_after_another(
    finder: ServiceProcess, out: Path, tmp_path: Path
) -> None:
    waiting = Record(out, "", tmp_path / "record.log", [])
    finder.wait_for_log("nothing listens on this machine yet: start `./tears up`")
    for second in (0, 4):
        # The second pipeline is another process with another Redis, as after a restart of `tears up`.
        with RedisServer() as server, server.client() as client:
            entry = Announcement(server.url)
            ChunkWriter(client, "nursery", session=f"s{second}").write(second, second + 3)
            waiting.wait_for_file_ending_at(second + 2)
            entry.close()
            # What it had in memory is written while Redis still runs.
            waiting.wait_for_file_ending_at(second + 3)
    finder.send_signal(signal.SIGINT)
    assert finder.wait_for_exit() == 0
    assert len(files(out, "nursery")) == 4


def test_the_usual_redis_is_taken_while_a_recorder_is_there_and_left_for_a_pipeline_that_says_it_runs(
    finder: ServiceProcess, usual: RedisServer, out: Path, tmp_path: Path
) -> None:
    waiting = Record(out, "", tmp_path / "record.log", [])
    with usual.client() as client:
        writer = ChunkWriter(client, "nursery")
        writer.register()
        # The registry alone is of a recorder that may have ended long ago.
        finder.wait_for_log("nothing listens on this machine yet")
        assert not has_recorder(usual.url)
        assert "Ctrl-C ends it" not in finder.log()
        client.set(names.lease("nursery"), "somebody", ex=60)
        writer.write(0, 3)
        waiting.wait_for_file_ending_at(2)
    with RedisServer() as server, server.client() as client:
        entry = Announcement(server.url)
        ChunkWriter(client, "attic").write(4, 7)
        waiting.wait_for_file_ending_at(6)
        finder.send_signal(signal.SIGINT)
        assert finder.wait_for_exit() == 0
        entry.close()
    assert len(files(out, "nursery")) == 2
    assert files(out, "attic")


def test_of_two_pipelines_somebody_has_to_choose_one_and_no_password_is_shown(out: Path, tmp_path: Path) -> None:
    first, second = Announcement("unix:///tmp/a.sock"), Announcement("redis://:hush@10.0.0.9:6379/0")
    arguments = ["record", "--out", str(out), "--usual-redis", f"unix://{tmp_path}/none.sock"]
    with ServiceProcess("tears.cli", {}, tmp_path / "record.log", arguments=arguments) as process:
        assert process.wait_for_exit() == 1
        assert "--redis: redis://***@10.0.0.9:6379/0 or unix:///tmp/a.sock" in process.log()
    first.close()
    second.close()


def test_the_entry_of_a_pipeline_that_was_killed_does_not_count(own_state: Path) -> None:
    entry = Announcement("unix:///tmp/a.sock")
    assert running_redis_urls() == ["unix:///tmp/a.sock"]
    (path,) = (own_state / "tears" / "pipelines").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    entry.close()
    path.write_text("unix:///tmp/a.sock")
    assert running_redis_urls() == []
    assert not path.exists()


def test_a_pipeline_that_can_write_nowhere_listens_all_the_same(own_state: Path) -> None:
    own_state.write_text("a file where the folder should be")
    Announcement("unix:///tmp/a.sock").close()
    assert running_redis_urls() == []
