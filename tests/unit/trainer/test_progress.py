import pytest

from tears.trainer.progress import Progress, about


class Seconds:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_line_has_what_is_done_and_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Seconds()
    progress = Progress(16_000, "windows", clock)

    clock.now = 60.0
    progress.advance(4_000)

    assert capsys.readouterr().out == "windows: 4000 of 16000, about 3 min left\n"


def test_a_line_comes_at_most_every_15_seconds_and_none_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Seconds()
    progress = Progress(7, "nights", clock)

    for _ in range(7):
        clock.now += 10.0
        progress.advance()

    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "nights: 2 of 7, about 50 s left",
        "nights: 4 of 7, about 30 s left",
        "nights: 6 of 7, about 10 s left",
    ]


def test_items_are_counted_after_they_were_used(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Seconds()
    progress = Progress(3, "models", clock)

    for _ in progress.over("abc"):
        clock.now += 20.0

    assert capsys.readouterr().out.splitlines() == [
        "models: 1 of 3, about 40 s left",
        "models: 2 of 3, about 20 s left",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0, "about 10 s"), (31, "about 40 s"), (89, "about 90 s"), (100, "about 2 min"), (3600, "about 60 min")],
)
def test_a_duration_is_rounded(seconds: float, words: str) -> None:
    assert about(seconds) == words
