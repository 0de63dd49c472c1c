"""Redis goes away, forgets and comes back; the disk is full."""

import resource
import subprocess
import sys
from pathlib import Path

import redis
from integration.record.record_command import DEADLINE_SECONDS, ChunkWriter, Record, files, journal_pid
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer
from support.waiting import wait_until

from tears.kit.streams import names

# A recording of 2 s is larger.
LOG_BYTES = 10_000


def limit_file_size(process: ServiceProcess, size_bytes: int) -> None:
    """Make writes beyond this size fail half-way, as on a full disk; can be lifted again."""
    resource.prlimit(journal_pid(process), resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def test_a_redis_that_starts_late_is_waited_for_and_reported_once(out: Path, tmp_path: Path) -> None:
    server = RedisServer()
    record = Record(out, server.url, tmp_path / "record.log", [])
    try:
        process = record.start()
        process.wait_for_log("does not answer")
        server.start()
        writer = ChunkWriter(server.client(), "nursery")
        writer.write(0, 4)
        record.wait_for_files(2)
        assert record.end(process) == 0
        assert process.log().count("does not answer") == 1
        assert process.log().count("Redis is back") == 1
        assert writer.recorded(out) == [(0, 2), (2, 4)]
    finally:
        for process in record.running:
            process.kill()
        server.close()


def test_after_redis_died_and_was_filled_again_each_second_is_recorded_once(
    redis_server: RedisServer, out: Path, tmp_path: Path
) -> None:
    record = Record(out, redis_server.url, tmp_path / "record.log", [])
    writer = ChunkWriter(redis_server.client(), "nursery")
    process = record.start()
    writer.write(0, 5)
    record.wait_for_files(2)
    redis_server.kill()
    process.wait_for_log("does not answer")
    redis_server.start()
    # The recorder sends what it has in memory again and continues: first with ids of a clock that was set far back,
    # then with those of the right time.
    with writer.at_once() as transaction:
        for second in range(8):
            transaction.write(second, second + 1, entry_id=f"{1_000 + second}-1")
        transaction.write(8, 9, ends_session=True)
    wait_until(lambda: writer.seconds_in(out) == 9, DEADLINE_SECONDS, describe=record.log)
    assert record.end(process) == 0
    spans = writer.recorded(out)
    assert [first for first, _ in spans] == [0, *(end for _, end in spans[:-1])]


def test_a_wiped_stream_with_smaller_ids_is_noticed_without_a_lost_connection(
    record: Record, redis_client: redis.Redis, writer: ChunkWriter, out: Path
) -> None:
    process = record.start()
    writer.write(0, 4)
    record.wait_for_files(2)
    redis_client.delete(names.chunks("nursery"))
    for second in range(8):
        writer.write(second, second + 1, entry_id=f"{1_000 + second}-1")
    record.wait_for_files(4)
    assert record.end(process) == 0
    assert writer.recorded(out) == [(0, 2), (2, 4), (4, 6), (6, 8)]
    assert "never came" not in process.log()


def test_a_full_disk_is_reported_with_the_cure_and_the_sound_waits(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    process = record.start()
    writer.write(0, 2)
    record.wait_for_files(1)
    limit_file_size(process, LOG_BYTES)
    writer.write(2, 7, ends_session=True)
    process.wait_for_log(rf"cannot write to {out}: File too large; .*ulimit.*Trying again")
    assert not list(out.rglob("*.part"))
    assert process.is_running
    limit_file_size(process, resource.RLIM_INFINITY)
    record.wait_for_files(4)
    process.wait_for_log(f"writing to {out} again")
    assert record.end(process) == 0
    assert writer.recorded(out) == [(0, 2), (2, 4), (4, 6), (6, 7)]
    assert process.log().count("cannot write to") == 1


def test_sound_that_did_not_fit_into_memory_meanwhile_is_counted(
    record: Record, redis_client: redis.Redis, out: Path
) -> None:
    # 64 MiB are 4 194 s.
    writer = ChunkWriter(redis_client, "nursery", seconds=4_400)
    process = record.start("--seconds", "300")
    limit_file_size(process, LOG_BYTES)
    writer.write(0, 4_400, ends_session=True)
    process.wait_for_log(r"nursery: \d+\.0 s had to be dropped")
    limit_file_size(process, resource.RLIM_INFINITY)
    process.wait_for_log(f"writing to {out} again")
    # Sound that it has not read yet at its end is left for the next run.
    record.wait_for_file_ending_at(4_400)
    assert record.end(process) == 0
    spans = writer.recorded(out)
    assert spans[0][0] > 0
    assert spans[-1][1] == 4_400
    dropped = 4_400 - sum(end - first for first, end in spans)
    assert f"{dropped:.1f} s dropped" in process.log()


def test_sound_that_cannot_be_written_before_the_end_is_an_error_with_its_length(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    process = record.start()
    limit_file_size(process, LOG_BYTES)
    writer.write(0, 2)
    process.wait_for_log("cannot write to")
    assert record.end(process) == 1
    assert "2.0 s of sound could not be written: cannot write to" in " ".join(process.log().split())
    assert [path for path in out.rglob("*") if path.is_file()] == [out / ".tears-record.lock"]


def test_output_to_a_full_disk_does_not_end_the_recording(record: Record, writer: ChunkWriter, out: Path) -> None:
    command = [sys.executable, "-m", "tears.cli", "record", "--out", str(out), "--redis", record.url, "--seconds", "2"]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen([*command, "--leave-gib", "0"], stdout=full, stderr=full)
    try:
        writer.write(0, 4)
        record.wait_for_files(2)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_nothing_is_written_to_a_disk_with_less_free_space_than_must_stay(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    process = record.start("--leave-gib", "1000000")
    writer.write(0, 3)
    process.wait_for_log("No space left on device; free space there")
    assert files(out) == []
    assert process.is_running
