import threading

from tears.kit.clock import ManualClock
from tears.kit.health import Health, ProbeVerdict

GOOD = ProbeVerdict(good=True, reason="ok")


def test_it_is_alive_until_the_loop_has_been_silent_for_too_long() -> None:
    clock = ManualClock()
    health = Health(clock, stalled_after_seconds=30)
    clock.advance(30)
    assert health.alive() == GOOD
    clock.advance(0.1)
    assert health.alive() == ProbeVerdict(good=False, reason="the loop has made no progress for 30 s")
    health.beat()
    assert health.alive() == GOOD


def test_a_jump_of_the_wall_clock_does_not_matter() -> None:
    clock = ManualClock()
    health = Health(clock)
    clock.step_wall(1e6)
    assert health.alive() == GOOD


def test_it_is_ready_when_every_expected_dependency_has_answered() -> None:
    health = Health(ManualClock())
    health.expect("redis")
    health.expect("model server")
    health.answered("redis")
    assert health.ready() == ProbeVerdict(good=False, reason="model server: has not answered yet")
    health.answered("model server")
    assert health.ready() == GOOD


def test_a_failed_dependency_is_named_until_it_answers() -> None:
    health = Health(ManualClock())
    health.failed("redis", "gone")
    health.expect("redis")
    assert health.ready().reason == "redis: gone"
    health.answered("redis")
    assert health.ready() == GOOD


def test_it_is_not_ready_from_the_moment_it_is_asked_to_stop() -> None:
    stop = threading.Event()
    health = Health(ManualClock(), stop=stop)
    assert health.ready() == GOOD
    stop.set()
    assert health.ready() == ProbeVerdict(good=False, reason="draining")


def test_while_draining_it_is_alive_and_never_ready_again() -> None:
    health = Health(ManualClock())
    health.failed("redis", "gone")
    health.drain()
    assert health.ready() == ProbeVerdict(good=False, reason="draining; redis: gone")
    health.answered("redis")
    assert not health.ready().good
    assert health.alive() == GOOD


def test_what_has_never_answered_may_be_starting_for_ten_seconds() -> None:
    clock = ManualClock()
    health = Health(clock)
    health.failed("model", "gone")
    assert health.is_starting("redis")
    assert health.is_starting()
    health.answered("redis")
    assert not health.is_starting("redis")
    assert health.is_starting("model")
    clock.advance(10)
    assert not health.is_starting("model")
    assert not health.is_starting()


def test_what_answered_before_is_not_starting_when_it_fails() -> None:
    health = Health(ManualClock())
    health.answered("redis")
    health.failed("redis", "gone")
    assert not health.is_starting()
