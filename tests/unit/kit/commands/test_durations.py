import pytest

from tears.kit.commands.durations import read_duration_seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("30m", 1_800), ("2h", 7_200), ("1h30m", 5_400), (" 1H 5min ", 3_900), ("90m", 5_400)]
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert read_duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "h", "-30m", "30s", "1.5h", "30m1h", "1e3m", "99999m", "infh", "٣m\n"])
def test_everything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="30m, 2h or 1h30m"):
        read_duration_seconds(text)
