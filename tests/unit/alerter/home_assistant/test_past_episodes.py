"""After a power cut Redis knows nothing, and the file of the nights still does."""

from pathlib import Path
from unittest.mock import Mock

import pytest
from support.alerter.shown_rooms import EVENING_SECONDS, heard_episode

from tears.alerter.home_assistant.past_episodes import past_episodes
from tears.alerter.nights.night_file import night_file_of, written_night_file
from tears.alerter.nights.notes import NightNotes
from tears.kit.messages import Episode
from tears.kit.streams import names


def client_with(*episodes: Episode) -> Mock:
    """Return a Redis whose stream has these episodes, and an entry that cannot be read."""
    bodies = [*(one.encode() for one in reversed(episodes)), b"\xff"]
    return Mock(xrevrange=Mock(return_value=[(b"1-1", {names.BODY: body}) for body in bodies]))


def keep(state_path: Path, *episodes: Episode) -> None:
    notes = NightNotes()
    for one in episodes:
        notes.note_episode(one)
    with written_night_file(night_file_of(state_path)) as file:
        file.write(notes.take())


def test_both_sources_are_read_the_kept_one_first(tmp_path: Path) -> None:
    state_path = tmp_path / "alerter.sqlite"
    keep(state_path, heard_episode("kept"), heard_episode("open", is_closed=False))
    found = past_episodes(client_with(heard_episode("open"), heard_episode("new")), state_path, EVENING_SECONDS + 600)
    assert [(one.episode_id, one.is_closed) for one in found] == [
        ("kept", True),
        ("open", False),
        ("open", True),
        ("new", True),
    ]
    assert {one.started_at_seconds for one in found} == {EVENING_SECONDS}


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_file_that_is_missing_or_damaged_hides_nothing_of_redis(tmp_path: Path, content: bytes | None) -> None:
    state_path = tmp_path / "alerter.sqlite"
    if content is not None:
        night_file_of(state_path).write_bytes(content)
    assert len(past_episodes(client_with(heard_episode()), state_path, EVENING_SECONDS)) == 1
