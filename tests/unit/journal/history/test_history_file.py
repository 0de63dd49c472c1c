"""What parents see of the history, and what they say about it."""

from pathlib import Path

import pytest
from support.journal.kept_history import MORNING, almost, crying, hear, keep, open_history

from tears.journal.errors import HistoryFileError
from tears.journal.history import (
    HOLE,
    ClipState,
    EpisodeNotice,
    HistoryFile,
    KeptClip,
    Verdict,
)
from tears.journal.history.heard_notes import HeardNotes


def test_an_episode_has_its_level_its_notices_its_clip_and_its_label(history: HistoryFile) -> None:
    notes = HeardNotes()
    hear(notes, MORNING + 10, 20, level=-50.0)
    hear(notes, MORNING + 20, 5, score=0.8, level=-21.0)
    hear(notes, MORNING + 100, 5, level=-3.0)
    notes.add_episode(crying("e1", MORNING + 18, 8.0))
    acknowledged = EpisodeNotice(kind="acknowledged", who="mqtt", at=MORNING + 40)
    told = EpisodeNotice(kind="crying", who="phone", at=MORNING + 21)
    notes.add_notice("e1", acknowledged)
    notes.add_notice("e1", told)
    history.write(notes)
    clip = KeptClip(state=ClipState.KEPT, from_at=MORNING + 8, seconds=23.0)
    history.set_clip("e1", clip)
    label = history.label("nursery", MORNING + 18, MORNING + 26, Verdict.CAT, made_by="parent", episode_id="e1")
    history.star("e1", starred=True)
    episode = history.episode("e1")
    assert episode is not None
    assert (episode.level_dbfs, episode.notices, episode.clip) == (-21.0, (told, acknowledged), clip)
    assert (episode.label, episode.starred, episode.room_name) == (label, True, "nursery")
    assert history.episode("e2") is None


def test_an_episode_that_goes_on_gets_its_end(history: HistoryFile) -> None:
    keep(history, crying("e1", MORNING, None, peak_score=0.6))
    (episode,) = history.episodes(None, MORNING, MORNING + 60)
    assert (episode.ended_at, episode.seconds, episode.ending) == (None, 2.0, "")
    keep(history, crying("e1", MORNING, 30.0))
    keep(history, crying("e1", MORNING, None, peak_score=0.6))
    (episode,) = history.episodes(None, MORNING, MORNING + 60)
    assert (episode.ended_at, episode.peak_score, episode.ending) == (MORNING + 30.0, 0.9, "quiet")


def test_episodes_are_those_that_began_or_went_on_in_a_time_in_their_room(history: HistoryFile) -> None:
    keep(history, crying("before", MORNING - 100, 99.0), crying("into", MORNING - 100, 101.0))
    keep(history, crying("late", MORNING + 50), crying("after", MORNING + 101))
    keep(history, crying("elsewhere", MORNING + 20, mic="attic"))
    assert [one.id for one in history.episodes(None, MORNING, MORNING + 100)] == ["into", "elsewhere", "late"]
    assert [one.id for one in history.episodes("nursery", MORNING, MORNING + 100)] == ["into", "late"]
    assert history.mics() == ["attic", "nursery"]


def test_a_near_miss_that_turns_out_to_be_an_episode_is_none_unless_a_parent_has_labelled_it(
    history: HistoryFile,
) -> None:
    keep(history, almost("before", MORNING - 100), almost("inside", MORNING + 5), almost("labelled", MORNING + 6))
    history.label("nursery", MORNING, MORNING + 5, Verdict.TOY, made_by="parent", near_miss_id="labelled")
    keep(history, crying("e1", MORNING), almost("again", MORNING + 20), almost("attic", MORNING, mic="attic"))
    assert [one.id for one in history.near_misses(None, 0, MORNING + 999)] == ["before", "attic", "labelled"]
    labelled = history.near_miss("labelled")
    assert labelled is not None
    assert labelled.label is not None
    assert labelled.label.verdict is Verdict.TOY


def test_a_second_label_of_an_episode_replaces_the_first_and_marks_stand_beside_each_other(
    history: HistoryFile,
) -> None:
    keep(history, crying("e1", MORNING))
    for verdict in (Verdict.CRYING, Verdict.DOOR):
        history.label("nursery", MORNING, MORNING + 60, verdict, made_by="parent", episode_id="e1")
        history.label("nursery", MORNING + 500, MORNING + 520, verdict, made_by="parent")
    kept = history.labels()
    assert [one.verdict for one in kept if one.episode_id] == [Verdict.DOOR]
    marks = [one for one in kept if one.episode_id is None]
    assert len(marks) == 2
    assert history.find_label(marks[0].id) == marks[0]
    assert history.unlabel(marks[0].id)
    assert not history.unlabel(marks[0].id)
    assert len(history.labels(MORNING + 500)) == 1


@pytest.mark.parametrize(
    ("about", "from_at", "to_at", "words"),
    [
        ({"episode_id": "e9"}, 0.0, 1.0, "no such episode"),
        ({"near_miss_id": "n9"}, 0.0, 1.0, "no such near miss"),
        ({}, 5.0, 4.0, "ends after it begins"),
        ({}, 0.0, 3_601.0, "up to an hour"),
        ({}, float("nan"), 1.0, "ends after it begins"),
    ],
)
def test_a_label_of_nothing_is_refused_in_words(
    history: HistoryFile, about: dict[str, str], from_at: float, to_at: float, words: str
) -> None:
    with pytest.raises(HistoryFileError, match=words):
        history.label("nursery", from_at, to_at, Verdict.CAT, made_by="parent", **about)
    assert history.labels() == []


def test_what_a_parent_deletes_does_not_come_back_from_redis(history: HistoryFile) -> None:
    keep(history, crying("e1", MORNING), almost("n1", MORNING + 900))
    history.label("nursery", MORNING, MORNING + 60, Verdict.CRYING, made_by="parent", episode_id="e1")
    mark = history.label("nursery", MORNING, MORNING + 60, Verdict.CRYING, made_by="parent")
    assert [history.delete(one) for one in ("e1", "n1", mark.id, "e1", "e9")] == [True, True, True, False, False]
    keep(history, crying("e1", MORNING), almost("n1", MORNING + 900))
    assert history.episodes(None, 0, MORNING + 999) == []
    assert history.near_misses(None, 0, MORNING + 999) == []
    assert history.labels() == []


def test_old_things_are_forgotten_but_not_what_is_starred_or_labelled(history: HistoryFile) -> None:
    keep(history, *(crying(one, MORNING) for one in ("plain", "starred", "labelled")), heard=[(MORNING, 10)])
    keep(history, almost("n1", MORNING + 900), almost("n2", MORNING + 950), crying("new", MORNING + 7_000))
    history.star("starred", starred=True)
    history.label("nursery", 0, 1, Verdict.CRYING, made_by="parent", episode_id="labelled")
    history.label("nursery", 0, 1, Verdict.TOY, made_by="parent", near_miss_id="n2")
    for one in ("plain", "starred"):
        history.set_clip(one, KeptClip(state=ClipState.KEPT, from_at=MORNING, seconds=9.0))
    history.forget_before(MORNING + 3_600)
    assert {one.id for one in history.episodes(None, 0, MORNING + 9_999)} == {"starred", "labelled", "new"}
    assert [one.id for one in history.near_misses(None, 0, MORNING + 9_999)] == ["n2"]
    assert (history.series("nursery", MORNING, MORNING + 10).seconds == HOLE).all()
    assert (history.clip("plain").state, history.clip("starred").state) == (ClipState.NONE, ClipState.KEPT)
    assert history.kept_for_good() == {"starred", "labelled", "n2"}


def test_a_series_has_a_byte_for_each_second_and_holes_where_nothing_was_heard(history: HistoryFile) -> None:
    keep(history, heard=[(MORNING + 3_598.5, 4), (MORNING + 3_610, 1)])
    series = history.series("nursery", MORNING + 3_596.2, MORNING + 3_612.0)
    assert series.from_at == MORNING + 3_596
    assert series.seconds.tolist() == [HOLE, 5, 5, 5, 5, 5, *[HOLE] * 7, 5, 5, HOLE]
    assert series.levels.tolist() == [HOLE, 70, 70, 70, 70, 70, *[HOLE] * 7, 70, 70, HOLE]


def test_what_is_read_twice_from_redis_changes_nothing(history: HistoryFile) -> None:
    for _ in range(2):
        keep(history, crying("e1", MORNING), almost("n1", MORNING + 900), heard=[(MORNING + 10, 50)])
    stretch = history.stretch(MORNING, MORNING + 3_600)
    (room,) = stretch.rooms
    assert (len(room.episodes), len(room.near_misses), room.crying_seconds, room.heard_seconds) == (1, 1, 60.0, 51.0)


def test_how_far_the_streams_were_read_is_kept_with_what_was_read(history: HistoryFile, tmp_path: Path) -> None:
    notes = HeardNotes(places={"tears:detections": "5-0"})
    history.write(notes)
    notes.places["tears:episodes"] = "7-0"
    history.write(notes)
    history.close()
    assert open_history(tmp_path).places() == {"tears:detections": "5-0", "tears:episodes": "7-0"}


def test_a_history_that_cannot_be_used_shows_nothing_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "history.sqlite3").mkdir()
    history = open_history(tmp_path)
    assert "cannot be written" in history.fault
    assert history.episodes(None, 0, MORNING) == []
    assert history.labels() == []
    assert history.mics() == []
    assert history.stretch(0, 10).rooms == ()
    assert history.series("nursery", 0.5, 10.0).seconds.tolist() == [HOLE] * 10
    with pytest.raises(HistoryFileError, match="cannot be written"):
        history.label("nursery", 0, 1, Verdict.CAT, made_by="parent")
    with pytest.raises(HistoryFileError, match="cannot be written"):
        history.kept_for_good()
