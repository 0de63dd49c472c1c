from collections.abc import Sequence
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from tears.journal.recordings.retention import ClockWatch, KeptFile, RetentionLimits, expired
from tears.kit.clock import ManualClock

NOW = 1_700_000_000.0
DAY = 86_400.0


def stored(mic: str, at: int, size_bytes: int = 100, age_days: float = 0.0) -> KeptFile:
    return KeptFile(PurePosixPath(mic, "2023-11-14", f"{at:03d}.flac"), size_bytes, NOW - age_days * DAY)


def files_strategy() -> st.SearchStrategy[list[KeptFile]]:
    one = st.builds(
        stored, st.sampled_from("ab"), st.integers(0, 999), st.integers(1, 500), st.floats(-1, 40, allow_nan=False)
    )
    return st.lists(one, max_size=30, unique_by=lambda file: file.path)


def kept(files: Sequence[KeptFile], doomed: Sequence[KeptFile]) -> list[KeptFile]:
    return [file for file in files if file not in doomed]


@given(files_strategy(), st.one_of(st.none(), st.floats(0.5, 30)), st.one_of(st.none(), st.integers(1, 5_000)))
def test_a_file_stays_if_it_is_within_the_limits_or_the_newest_of_its_microphone(
    files: list[KeptFile], keep_days: float | None, keep_bytes: int | None
) -> None:
    limits = RetentionLimits(keep_seconds=None if keep_days is None else keep_days * DAY, keep_bytes=keep_bytes)
    doomed = expired(files, limits, NOW)
    staying = kept(files, doomed)
    newest = {mic: max(file.written_at_seconds for file in files if file.mic == mic) for mic in {f.mic for f in files}}
    assert {file.mic for file in staying} == set(newest)
    others = [file for file in staying if file.written_at_seconds < newest[file.mic]]
    if keep_days is not None:
        assert all(file.written_at_seconds >= NOW - keep_days * DAY for file in others)
    if keep_bytes is not None and others and len({file.written_at_seconds for file in files}) == len(files):
        assert sum(file.size_bytes for file in staying) <= keep_bytes


@given(files_strategy(), st.integers(1, 5_000))
def test_no_file_is_deleted_before_an_older_one_of_its_microphone(files: list[KeptFile], keep_bytes: int) -> None:
    doomed = expired(files, RetentionLimits(keep_bytes=keep_bytes), NOW)
    for mic in "ab":
        ages = [file.written_at_seconds for file in kept(files, doomed) if file.mic == mic]
        gone = [file.written_at_seconds for file in doomed if file.mic == mic]
        assert not gone or not ages or max(gone) <= min(ages)
    assert [file.written_at_seconds for file in doomed] == sorted(file.written_at_seconds for file in doomed)


@given(files_strategy())
def test_without_limits_nothing_is_deleted(files: list[KeptFile]) -> None:
    assert expired(files, RetentionLimits(), NOW) == []


def test_nothing_is_deleted_while_all_files_are_within_the_limits() -> None:
    files = [stored("a", at, size_bytes=100, age_days=at) for at in range(5)]
    assert expired(files, RetentionLimits(keep_seconds=5 * DAY, keep_bytes=500), NOW) == []


def test_the_oldest_file_is_deleted_to_make_room_for_the_next() -> None:
    files = [stored("a", at, size_bytes=100, age_days=9 - at) for at in range(5)]
    assert expired(files, RetentionLimits(keep_bytes=500), NOW, room_bytes=50) == files[:1]


def test_without_a_trusted_clock_nothing_is_deleted_by_age_but_still_by_size() -> None:
    files = [stored("a", at, size_bytes=100, age_days=9 - at) for at in range(5)]
    assert expired(files, RetentionLimits(keep_seconds=DAY), None) == []
    assert expired(files, RetentionLimits(keep_seconds=DAY, keep_bytes=410), None) == files[:1]


def test_slewing_the_clock_does_not_count_as_a_step() -> None:
    clock = ManualClock()
    watch = ClockWatch(clock)
    for _ in range(100):
        clock.advance(10)
        clock.step_wall(5)
        assert watch.step_seconds() == 0
    assert watch.is_steady


def test_a_clock_that_was_stepped_is_trusted_again_after_ten_minutes() -> None:
    clock = ManualClock()
    watch = ClockWatch(clock)
    clock.step_wall(40 * DAY)
    assert watch.step_seconds() == 40 * DAY
    assert not watch.is_steady
    clock.advance(599)
    assert watch.step_seconds() == 0
    assert not watch.is_steady
    clock.advance(1)
    assert watch.is_steady
