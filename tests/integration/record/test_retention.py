"""No more is kept than the limits allow."""

import os
from pathlib import Path

from integration.record.record_command import DEADLINE_SECONDS, RATE_HZ, ChunkWriter, Record, files
from support.waiting import wait_until

GIB = 1024**3


def test_beyond_the_size_limit_the_oldest_recordings_are_deleted(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    writer.write(0, 2)
    process = record.start()
    record.wait_for_files(1)
    assert record.end(process) == 0
    size_bytes = files(out)[0].stat().st_size
    mine = out / "nursery" / "a cry.flac"
    mine.write_bytes(bytes(10 * size_bytes))
    process = record.start("--keep-gib", str(3.5 * size_bytes / GIB))
    writer.write(2, 12)
    process.wait_for_log(r"deleted \d old recording")
    writer.write(12, 13, ends_session=True)
    last = f"-{13 * RATE_HZ:012d}.flac"
    wait_until(lambda: any(path.name.endswith(last) for path in files(out)), DEADLINE_SECONDS, describe=record.log)
    assert record.end(process) == 0
    spans = writer.recorded(out)
    assert spans[-3:] == [(8, 10), (10, 12), (12, 13)]
    assert spans[0][0] > 0
    assert sum(path.stat().st_size for path in files(out)) <= 3.5 * size_bytes
    assert mine.exists()


def test_recordings_beyond_the_age_limit_are_deleted_at_the_start(
    record: Record, writer: ChunkWriter, out: Path
) -> None:
    writer.write(0, 6)
    process = record.start()
    record.wait_for_files(3)
    assert record.end(process) == 0
    for path in files(out)[:2]:
        os.utime(path, (0, 0))
    process = record.start("--keep-days", "30")
    process.wait_for_log("deleted 2 old recordings")
    assert record.end(process) == 0
    assert writer.recorded(out) == [(4, 6)]
