from support.alerter.shown_rooms import EVENING_SECONDS, heard_episode

from tears.alerter.home_assistant.messages.episode_history import MOST_EPISODES_PER_ROOM, EpisodeHistory
from tears.kit.calendar.nights import last_night


def test_a_message_that_comes_twice_or_late_counts_once() -> None:
    history = EpisodeHistory()
    opened, closed = heard_episode(is_closed=False), heard_episode()
    assert [history.add(one) for one in (opened, opened, closed, closed, opened)] == [True, False, True, False, False]
    last = history.last("nursery")
    assert last is not None
    assert (last.started_at_seconds, last.length_seconds) == (EVENING_SECONDS, 60.0)
    assert history.last("attic") is None


def test_the_night_counts_what_lies_in_it_and_an_open_episode_until_now() -> None:
    history = EpisodeHistory()
    begin = last_night(EVENING_SECONDS).starts_seconds
    history.add(heard_episode("before", began_at_seconds=begin - 3_600.0))
    history.add(heard_episode("across", began_at_seconds=begin - 20.0))
    history.add(heard_episode("within", began_at_seconds=begin + 600.0))
    history.add(heard_episode("elsewhere", mic="attic", began_at_seconds=begin + 600.0))
    # Its end was lost.
    history.add(heard_episode("endless", began_at_seconds=begin + 900.0, is_closed=False))
    history.add(heard_episode("open", began_at_seconds=EVENING_SECONDS - 100.0, is_closed=False))
    assert history.crying_seconds_tonight("nursery", "open", EVENING_SECONDS) == 40.0 + 60.0 + 5.0 + 100.0
    assert history.crying_seconds_tonight("nursery", "", EVENING_SECONDS) == 40.0 + 60.0 + 5.0 + 5.0


def test_a_clock_that_is_set_back_makes_no_episode_shorter() -> None:
    history = EpisodeHistory()
    history.add(heard_episode(is_closed=False))
    assert history.crying_seconds_tonight("nursery", "e1", EVENING_SECONDS - 50.0) == 5.0


def test_the_history_of_a_room_is_bounded() -> None:
    history = EpisodeHistory()
    for number in range(MOST_EPISODES_PER_ROOM + 5):
        history.add(heard_episode(str(number), began_at_seconds=EVENING_SECONDS + number, length_seconds=6.0))
    begin = last_night(EVENING_SECONDS).starts_seconds
    seconds = history.crying_seconds_tonight("nursery", "", EVENING_SECONDS + 7_200.0)
    assert begin < EVENING_SECONDS
    assert seconds == 6.0 * MOST_EPISODES_PER_ROOM
