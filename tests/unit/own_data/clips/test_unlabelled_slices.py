"""The clips that may be cut where there is no label."""

from dataclasses import replace

from support.sound.labelled_night import NIGHT_FILE_RATE_HZ, recorded, recorded_night

from tears.audio.constants import SILENCE_DBFS
from tears.own_data.clips.labelled_slices import OwnRecording
from tears.own_data.clips.unlabelled_slices import quiet_among, spread_evenly, unlabelled_slices
from tears.own_data.labels.label_track import Label


def test_clips_without_a_label_keep_a_minute_from_every_label_in_all_files() -> None:
    files = recorded_night((3, Label(10, 30, "crying")), (4, Label(0, 5, "crying")))
    begins = [
        files[one.place].begin_seconds + one.first_sample / NIGHT_FILE_RATE_HZ
        for one in unlabelled_slices(files, "quiet")
    ]
    # The crying is from 100 s to 125 s of the session.
    assert begins == [0, 5, 10, 15, 20, 25, 30, 35, *range(185, 206, 5), *range(210, 240, 5)]


def test_quiet_clips_may_touch_a_quiet_label_but_keep_away_from_a_later_cry() -> None:
    one = recorded("a", 300, Label(100, 110, "quiet"), Label(150, 160, "crying"))
    begins = [slice_.first_sample / NIGHT_FILE_RATE_HZ for slice_ in unlabelled_slices([one], "quiet")]
    assert begins[:18] == [*range(0, 90, 5)]
    assert min(begins[18:]) == 220


def test_quiet_clips_keep_a_minute_from_a_cry_before_a_gap_or_in_another_session() -> None:
    def at(stem: str, session: str, begin: float, clock: float, *labels: Label) -> OwnRecording:
        one = recorded(stem, 60, *labels, session=session, begin_seconds=begin)
        return replace(one, begins_at_seconds=clock)

    files = [
        at("a", "one", 0, 1000, Label(40, 60, "crying")),
        at("b", "one", 61, 1061),  # a second is missing
        at("c", "two", 0, 1130),  # the recorder was restarted
    ]
    found = [
        (files[one.place].stem, one.first_sample / NIGHT_FILE_RATE_HZ) for one in unlabelled_slices(files, "quiet")
    ]
    # The crying ends at 1060 by the clock.
    assert found == [("c", float(second)) for second in range(0, 60, 5)]


def test_a_whole_night_without_labels_is_many_groups() -> None:
    files = recorded_night(files=60)  # half an hour
    groups = {one.group for one in unlabelled_slices(files, "quiet")}
    assert groups == {"night-0", "night-20", "night-40"}


def test_if_only_some_clips_are_wanted_they_are_spread_over_the_night() -> None:
    slices = unlabelled_slices(recorded_night(files=20), "quiet")
    taken = spread_evenly(slices, 10)
    assert len(taken) == 10
    assert [one.place for one in taken] == list(range(1, 20, 2))
    assert spread_evenly(slices, 1000) == slices


def test_windows_near_the_level_of_the_room_are_quiet() -> None:
    levels = [-60.0] * 10 + [-55.0, -53.0, -30.0, SILENCE_DBFS]
    assert quiet_among(levels) == list(range(11))
    assert quiet_among([SILENCE_DBFS]) == []
    assert quiet_among([]) == []
