"""How many interpreters the LiteRT engine builds."""

from pathlib import Path

import numpy as np
import pytest

from tears.model_server.engines import litert
from tears.model_server.engines.litert import LiteRTServable, load_tflite
from tears.model_server.engines.litert_graphs import Graph, open_graphs
from tears.model_server.errors import DeadlineError, LoadError

X = {"x": np.ones((1, 1), np.float32)}


class CountedBuilds:
    """Builds interpreters, or refuses to, and counts the attempts."""

    def __init__(self) -> None:
        self.count = 0
        self.is_short_of_memory = False

    def __call__(self, content: bytes, threads: int) -> dict[str, Graph]:
        """Take the place of `open_graphs`."""
        self.count += 1
        if self.is_short_of_memory:
            raise LoadError("LiteRT cannot run it: no memory")
        return open_graphs(content, threads)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> CountedBuilds:
    found = CountedBuilds()
    monkeypatch.setattr(litert, "open_graphs", found)
    return found


def load(zoo: Path) -> LiteRTServable:
    return load_tflite(zoo / "half_plus_two" / "1", interpreters=2, threads=1)


def ask(servable: LiteRTServable) -> object:
    return servable.run("serving_default", X, ["y"], timeout_seconds=0.01)["y"].tolist()


def test_a_second_interpreter_is_built_for_a_request_that_finds_the_first_one_busy(
    zoo: Path, builds: CountedBuilds
) -> None:
    servable = load(zoo)
    assert ask(servable) == ask(servable) == [[2.5]]
    assert builds.count == 1
    busy = servable._idle.get_nowait()
    assert ask(servable) == [[2.5]]
    assert builds.count == 2
    servable._idle.put(busy)
    assert ask(servable) == [[2.5]]
    assert builds.count == 2


def test_no_more_interpreters_are_built_than_allowed(zoo: Path, builds: CountedBuilds) -> None:
    servable = load(zoo)
    servable._idle.get_nowait()
    ask(servable)
    servable._idle.get_nowait()
    with pytest.raises(DeadlineError):
        ask(servable)
    assert builds.count == 2


def test_requests_wait_for_the_first_interpreter_if_no_other_can_be_built(zoo: Path, builds: CountedBuilds) -> None:
    servable = load(zoo)
    busy = servable._idle.get_nowait()
    builds.is_short_of_memory = True
    with pytest.raises(DeadlineError):
        ask(servable)
    servable._idle.put(busy)
    assert ask(servable) == [[2.5]]


def test_a_second_interpreter_that_could_not_be_built_is_built_later(
    zoo: Path, builds: CountedBuilds, monkeypatch: pytest.MonkeyPatch
) -> None:
    servable = load(zoo)
    servable._idle.get_nowait()
    builds.is_short_of_memory = True
    for _ in range(2):
        with pytest.raises(DeadlineError):
            ask(servable)
    builds.is_short_of_memory = False
    # Not with each request, because an attempt takes time and writes to the log.
    assert builds.count == 2
    monkeypatch.setattr(litert, "BUILD_AGAIN_SECONDS", 0.0)
    assert ask(servable) == [[2.5]]
