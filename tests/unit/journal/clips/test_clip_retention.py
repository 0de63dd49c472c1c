"""Which clips are deleted."""

from pathlib import PurePosixPath

from tears.journal.clips.retention import ClipFile, ClipLimits, clips_to_delete

NOW = 1_800_000_000.0
DAY = 86_400.0
PLENTY = 10**12


def clip(number: int, *, days_old: float = 0.0, size: int = 100, near_miss: bool = False) -> ClipFile:
    name = f"c{number}"
    path = PurePosixPath("nursery", "2027-01-15", f"{name}.flac")
    written_at = NOW - days_old * DAY + number
    return ClipFile(clip_id=name, path=path, is_near_miss=near_miss, size_bytes=size, written_at=written_at)


def doomed(
    clips: list[ClipFile],
    limits: ClipLimits,
    *,
    wanted: set[str] | None = None,
    now: float | None = NOW,
    free: int = PLENTY,
    room: int = 0,
) -> list[str]:
    found = clips_to_delete(clips, limits, wanted or set(), now=now, free_bytes=free, room_bytes=room)
    return [file.clip_id for file in found]


def test_without_limits_everything_stays() -> None:
    assert doomed([clip(1, days_old=4_000), clip(2)], ClipLimits()) == []


def test_a_clip_goes_when_it_is_too_old_unless_a_parent_wants_it() -> None:
    clips = [clip(1, days_old=40), clip(2, days_old=31), clip(3, days_old=29)]
    limits = ClipLimits(keep_seconds=30 * DAY)
    assert doomed(clips, limits) == ["c1", "c2"]
    assert doomed(clips, limits, wanted={"c1"}) == ["c2"]


def test_nothing_goes_by_age_while_the_clock_cannot_be_right() -> None:
    clips = [clip(1, days_old=40)]
    limits = ClipLimits(keep_seconds=30 * DAY)
    assert doomed(clips, limits, now=None) == []
    assert doomed(clips, limits, now=0.0) == []


def test_a_clip_that_was_written_while_the_clock_was_wrong_has_no_age() -> None:
    in_1970 = clip(1, days_old=NOW / DAY)
    assert doomed([in_1970, clip(2)], ClipLimits(keep_seconds=30 * DAY)) == []
    # Beyond the size it is the first to go.
    assert doomed([in_1970, clip(2)], ClipLimits(keep_bytes=150)) == ["c1"]


def test_the_oldest_make_room_for_a_new_clip_within_the_size() -> None:
    clips = [clip(number) for number in range(5)]
    limits = ClipLimits(keep_bytes=500)
    assert doomed(clips, limits) == []
    assert doomed(clips, limits, room=150) == ["c0", "c1"]
    assert doomed(clips, limits, room=150, wanted={"c0"}) == ["c1", "c2"]


def test_only_so_many_near_misses_are_kept_besides_those_that_a_parent_has_labelled() -> None:
    clips = [clip(0), *(clip(number, near_miss=True) for number in range(1, 6))]
    limits = ClipLimits(near_misses=2)
    assert doomed(clips, limits) == ["c1", "c2", "c3"]
    assert doomed(clips, limits, wanted={"c1", "c2", "c3"}) == []


def test_clips_give_way_on_a_full_disk_only_if_that_helps() -> None:
    clips = [clip(number) for number in range(5)]
    limits = ClipLimits(leave_bytes=1_000)
    assert doomed(clips, limits, free=850) == ["c0", "c1"]
    assert doomed(clips, limits, free=500) == ["c0", "c1", "c2", "c3", "c4"]
    assert doomed(clips, limits, free=499) == []
    assert doomed(clips, limits, free=600, wanted={"c4"}) == ["c0", "c1", "c2", "c3"]
    assert doomed(clips, limits, free=599, wanted={"c4"}) == []


def test_what_goes_by_age_counts_for_the_space_that_a_full_disk_lacks() -> None:
    clips = [clip(1, days_old=40), clip(2), clip(3)]
    limits = ClipLimits(keep_seconds=30 * DAY, leave_bytes=1_000)
    assert doomed(clips, limits, free=900) == ["c1"]
    assert doomed(clips, limits, free=850) == ["c1", "c2"]
