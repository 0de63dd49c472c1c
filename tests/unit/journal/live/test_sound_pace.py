from tears.journal.live.sound.sound_pace import SoundPace


def test_sound_as_fast_as_it_is_played_goes_on_for_hours() -> None:
    pace = SoundPace(0.0)
    assert all(pace.takes(1.0, float(second)) for second in range(20_000))


def test_minutes_at_once_are_left_out_and_what_follows_is_taken() -> None:
    pace = SoundPace(0.0)
    at_once = sum(pace.takes(1.0, 60.0) for _ in range(120))
    assert 3 <= at_once <= 4
    later = [pace.takes(1.0, 60.0 + second) for second in range(1, 30)]
    assert later.count(False) <= 1


def test_a_second_that_is_late_is_not_lost() -> None:
    pace = SoundPace(0.0)
    times = [0.0, 1.0, 2.0, 4.9, 4.95, 5.0, 6.0, 7.0]
    assert all(pace.takes(1.0, at) for at in times)


def test_one_chunk_of_an_impossible_length_silences_nobody() -> None:
    pace = SoundPace(0.0)
    assert pace.takes(1e9, 0.0)
    assert pace.takes(1.0, 4.0)
