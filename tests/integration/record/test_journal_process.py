"""The journal as a process: alone, and as the child of `tears record`."""

import os
import signal
from pathlib import Path

import redis
from integration.record.record_command import DEADLINE_SECONDS, ChunkWriter, Record, journal_pid
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_when_the_command_is_killed_the_journal_writes_what_it_has_and_ends(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    process = record.start()
    writer.write(0, 3)
    record.wait_for_files(1)
    journal = journal_pid(process)
    process.kill()
    # At once: the new one waits until the folder is free.
    process = record.start()
    writer.write(3, 4, ends_session=True)
    wait_until(lambda: writer.seconds_in(out) == 4, DEADLINE_SECONDS, describe=record.log)
    # It has freed the folder by now, but may still be on its way out.
    wait_until(lambda: not is_running(journal), DEADLINE_SECONDS, describe=record.log)
    assert record.end(process) == 0
    spans = writer.recorded(out)
    assert [first for first, _ in spans] == [0, *(end for _, end in spans[:-1])]


def test_a_service_manager_that_signals_both_processes_loses_no_sound(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    process = record.start()
    writer.write(0, 3)
    record.wait_for_files(1)
    for pid in (journal_pid(process), process.pid):
        os.kill(pid, signal.SIGTERM)
    assert process.wait_for_exit() == 0, process.log()
    assert writer.recorded(out) == [(0, 2), (2, 3)]


def test_a_journal_that_dies_ends_the_command_with_an_error(record: Record, writer: ChunkWriter) -> None:
    process = record.start()
    writer.write(0, 1)
    os.kill(journal_pid(process), signal.SIGKILL)
    assert process.wait_for_exit() == 1
    assert "the journal ended with status -9" in process.log()


def test_settings_of_the_journal_in_the_environment_do_not_change_the_command(
    out: Path, redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    assert redis_client.dbsize() == 0
    arguments = ["record", "--out", str(out), "--redis", redis_url]
    environ = {"TEARS_JOURNAL_KEEP_DAYS": "no number", "TEARS_LOG_LEVEL": "ERROR"}
    with ServiceProcess("tears.cli", environ, tmp_path / "record.log", arguments=arguments) as process:
        process.wait_for_log("Ctrl-C ends it")
        process.send_signal(signal.SIGINT)
        assert process.wait_for_exit() == 0


def test_messages_name_the_flags_and_not_the_settings(tmp_path: Path) -> None:
    arguments = ["record", "--out", str(tmp_path), "--redis", "http://127.0.0.1"]
    with ServiceProcess("tears.cli", {}, tmp_path / "record.log", arguments=arguments) as process:
        assert process.wait_for_exit() == 1
        assert "--redis (or TEARS_REDIS_URL) is 'http://127.0.0.1', but must be" in process.log()


def test_the_journal_alone_records_and_shows_its_probes_and_drains(
    redis_url: str, redis_client: redis.Redis, writer: ChunkWriter, out: Path, tmp_path: Path
) -> None:
    assert redis_client.dbsize() == 0
    settings = {
        "TEARS_REDIS_URL": redis_url,
        "TEARS_JOURNAL_FOLDER": str(out),
        "TEARS_JOURNAL_SEGMENT_SECONDS": "2",
        "TEARS_JOURNAL_LEAVE_GIB": "0",
        "TEARS_JOURNAL_PROBE_PORT": "0",
    }
    with ServiceProcess("tears.journal.recordings", settings, tmp_path / "journal.log") as journal:
        writer.write(0, 5)
        wait_until(lambda: writer.seconds_in(out) == 4, DEADLINE_SECONDS, describe=journal.log)
        assert journal.probe("/healthz") == journal.probe("/readyz") == (200, "ok\n")
        wait_until(
            lambda: journal.metric("tears_journal_open_seconds", mic="nursery") == 1.0,
            DEADLINE_SECONDS,
            describe="the fifth second in memory",
        )
        assert journal.metric("tears_journal_files_total", mic="nursery") == 2
        assert journal.metric("tears_journal_recorded_seconds_total", mic="nursery") == 4.0
        assert journal.metric("tears_journal_state", mic="nursery", tears_journal_state="recording") == 1
        assert journal.metric("tears_journal_lag_seconds_count") == 2
        journal.terminate()
        assert journal.wait_for_exit() == 0
        assert writer.recorded(out) == [(0, 2), (2, 4), (4, 5)]
