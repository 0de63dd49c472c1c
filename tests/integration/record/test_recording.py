"""Every second is recorded once."""

import random
from pathlib import Path

import numpy as np
import redis
import soundfile
from integration.record.record_command import DEADLINE_SECONDS, RATE_HZ, ChunkWriter, Record, files
from support.processes.service_process import ServiceProcess
from support.waiting import wait_until

from tears.kit.streams import names


def test_every_registered_microphone_is_recorded_and_so_is_one_that_comes_later(
    record: Record, redis_client: redis.Redis, out: Path
) -> None:
    nursery, kitchen = ChunkWriter(redis_client, "nursery"), ChunkWriter(redis_client, "kitchen")
    nursery.write(0, 3)
    redis_client.xgroup_create(names.chunks("nursery"), names.PREPROCESSOR_GROUP, id="0")
    process = record.start()
    process.wait_for_log("following nursery")
    kitchen.write(0, 2)
    record.wait_for_files(1, "kitchen")
    nursery.write(3, 5)
    # It is read after everything that was published before.
    kitchen.write(2, 4)
    record.wait_for_files(2, "kitchen")
    assert record.end(process) == 0
    assert nursery.recorded(out) == [(0, 2), (2, 4), (4, 5)]
    assert kitchen.recorded(out) == [(0, 2), (2, 4)]
    assert "nursery: 0:00:05 in 3 files" in process.log()
    # Nothing was taken from the pipeline.
    (group,) = redis_client.xinfo_groups(names.chunks("nursery"))
    assert (group["lag"], group["pending"]) == (5, 0)


def test_only_the_microphones_that_were_named_are_recorded(
    record: Record, redis_client: redis.Redis, out: Path
) -> None:
    nursery, kitchen = ChunkWriter(redis_client, "nursery"), ChunkWriter(redis_client, "kitchen")
    process = record.start("--mic", "nursery")
    kitchen.write(0, 4)
    nursery.write(0, 4)
    record.wait_for_files(2)
    assert record.end(process) == 0
    assert nursery.recorded(out) == [(0, 2), (2, 4)]
    assert files(out, "kitchen") == []


def test_when_it_is_killed_at_any_moment_no_second_is_lost_or_doubled(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    randomness = random.Random(7)
    written_seconds = 0
    for attempt in range(4):
        process = record.start()
        for _ in range(randomness.randint(1, 3)):
            seconds = randomness.randint(2, 5)
            writer.write(written_seconds, written_seconds + seconds)
            written_seconds += seconds
            # These files are finished by now; the rest is in memory or on its way.
            record.wait_for_files(written_seconds // 2 - 2 * attempt - 3)
        record.kill(process)
    process = record.start()
    writer.write(written_seconds, written_seconds + 1, ends_session=True)
    written_seconds += 1
    wait_until(lambda: writer.seconds_in(out) == written_seconds, DEADLINE_SECONDS, describe=record.log)
    assert record.end(process) == 0
    spans = writer.recorded(out)
    assert [first for first, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert "never came" not in record.log()


def test_a_file_that_was_half_written_when_the_power_failed_is_removed_and_written_again(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    writer.write(0, 4)
    process = record.start()
    record.wait_for_files(2)
    record.kill(process)
    last = files(out)[-1]
    last.rename(f"{last}.part")
    process = record.start()
    process.wait_for_log("removed 1 half-written file")
    record.wait_for_files(2)
    assert record.end(process) == 0
    assert writer.recorded(out) == [(0, 2), (2, 4)]
    assert not list(out.rglob("*.part"))


def test_the_end_of_a_session_closes_its_file_at_once(record: Record, redis_client: redis.Redis, out: Path) -> None:
    first, second = ChunkWriter(redis_client, "nursery", "s1"), ChunkWriter(redis_client, "nursery", "s2")
    process = record.start("--seconds", "300")
    first.write(0, 3, ends_session=True)
    record.wait_for_files(1)
    second.write(0, 2, ends_session=True)
    record.wait_for_files(2)
    assert record.end(process) == 0
    spans = [(path.name.split("-")[2], *map(int, path.stem.split("-")[3:])) for path in files(out)]
    assert sorted(spans) == [("s1", 0, 3 * RATE_HZ), ("s2", 0, 2 * RATE_HZ)]


def test_a_microphone_that_falls_silent_has_its_file_closed(record: Record, writer: ChunkWriter, out: Path) -> None:
    process = record.start("--seconds", "300")
    writer.write(0, 3)
    record.wait_for_files(1)
    writer.write(3, 4)
    process.wait_for_log("following nursery")
    assert writer.recorded(out) == [(0, 3)]
    assert process.is_running


def test_sound_that_was_trimmed_before_it_was_read_is_reported_as_a_gap(
    record: Record, writer: ChunkWriter, redis_client: redis.Redis, out: Path
) -> None:
    process = record.start()
    writer.write(0, 4)
    record.wait_for_files(2)
    with redis_client.pipeline(transaction=True) as transaction:
        ChunkWriter(transaction, "nursery").write(4, 10)
        transaction.xtrim(names.chunks("nursery"), maxlen=2, approximate=False)
        transaction.execute()
    record.wait_for_files(3)
    process.wait_for_log(r"nursery: 4\.0 s never came")
    assert record.end(process) == 0
    assert writer.recorded(out) == [(0, 2), (2, 4), (8, 10)]


def test_a_name_that_leads_out_of_the_folder_is_refused(
    record: Record, redis_client: redis.Redis, writer: ChunkWriter, out: Path
) -> None:
    ChunkWriter(redis_client, "../evil").write(0, 4)
    writer.write(0, 4)
    process = record.start()
    record.wait_for_files(2)
    process.wait_for_log("'../evil' cannot be recorded")
    assert record.end(process) == 0
    assert not (out.parent / "evil").exists()


def test_an_entry_that_is_not_a_chunk_is_skipped_and_reported(
    record: Record, redis_client: redis.Redis, writer: ChunkWriter, out: Path
) -> None:
    writer.write(0, 1)
    redis_client.xadd(names.chunks("nursery"), {names.BODY: b"\xff no chunk"})
    redis_client.xadd(names.chunks("nursery"), {"other": b"thing"})
    writer.write(1, 2)
    process = record.start()
    record.wait_for_files(1)
    process.wait_for_log("2 chunks could not be read|1 chunk could not be read")
    assert record.end(process) == 0
    assert writer.recorded(out) == [(0, 2)]


def test_it_records_beside_a_real_recorder(record: Record, redis_url: str, out: Path, tmp_path: Path) -> None:
    sound = np.random.default_rng(3).integers(-9_000, 9_000, (int(3.3 * 16_000), 2), dtype=np.int16)
    soundfile.write(tmp_path / "night.flac", sound, 16_000)
    process = record.start()
    settings = {
        "TEARS_REDIS_URL": redis_url,
        "TEARS_RECORDER_MIC": "bedroom",
        "TEARS_RECORDER_INPUT": str(tmp_path / "night.flac"),
        "TEARS_RECORDER_CHUNK_SECONDS": "0.5",
        "TEARS_RECORDER_PROBE_PORT": "0",
    }
    with ServiceProcess("tears.recorder", settings, tmp_path / "recorder.log") as recorder:
        assert recorder.wait_for_exit() == 0, recorder.log()
    record.wait_for_files(2, "bedroom")
    assert record.end(process) == 0
    found = [soundfile.read(path, dtype="int16") for path in files(out, "bedroom")]
    assert [rate_hz for _, rate_hz in found] == [16_000, 16_000]
    assert np.array_equal(np.concatenate([part for part, _ in found]), sound)


def test_a_second_command_for_the_folder_is_an_error_that_says_so(record: Record, out: Path, tmp_path: Path) -> None:
    process = record.start()
    arguments = ["record", "--out", str(out), "--redis", record.url]
    with ServiceProcess("tears.cli", {}, tmp_path / "second.log", arguments=arguments) as second:
        assert second.wait_for_exit() == 1
        assert "another process records into" in second.log()
    assert process.is_running
