"""What is told of a stage that no longer works, whatever has happened to it."""

from collections.abc import Callable

from support.alerter.proven_house import HEARING_SECONDS, ProvenHouse
from support.waiting import wait_until

from tears.alerter.notices.kinds import NoticeKind

TOLD_SECONDS = 90.0


def check_that_it_is_told(
    house: ProvenHouse, stage: str, hurt: Callable[[str], None], heal: Callable[[str], None]
) -> None:
    """Hurt a stage; it must be told once with its name, within 90 s, and again when it works."""
    # A frozen Redis holds each round up for seconds of real time.
    step_seconds = 10.0 if stage == "redis" else 1.0
    began_at = house.clock.monotonic_seconds()
    hurt(stage)
    if stage != "redis":
        # The next cry is played, and after some seconds Redis shows who does not ask for it.
        house.pass_seconds(60.0)
        wait_until(lambda: house.stream.failed_stage() == stage, HEARING_SECONDS, describe=house.logs)
    while not house.notices() and house.clock.monotonic_seconds() < began_at + TOLD_SECONDS:
        house.pass_seconds(step_seconds, step_seconds)
    (told,) = house.notices()
    assert (told.kind, told.mic) == (NoticeKind.NOT_LISTENING, "")
    assert (told.facts["reason"], told.facts["stage"]) == ("self_test", stage)
    assert house.alerter.metric("house_faults", fault="self_test") == 1

    heal(stage)
    house.pass_seconds(60.0)
    house.hear()
    assert [one.kind for one in house.notices()] == [NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN]
    assert house.alerter.metric("house_faults", fault="self_test") == 0
