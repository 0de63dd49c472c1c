"""A state file that is damaged, deleted, emptied or cannot be written, beside an alerter that must go on."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from support.alerter.alerter_runs import AlerterRuns, alerts
from support.network.receivers import NoticeReceiver
from support.processes.service_process import START_SECONDS, ServiceProcess
from support.redis.detections import LOUD, QUIET, cries, night, publish
from support.waiting import wait_until

from tears.alerter.notices.kinds import NoticeKind
from tears.alerter.receivers.announcer import Addressees
from tears.alerter.receivers.rules.receiver_rule import AlertsFile, ReceiverRule

StartAlerter = Callable[..., ServiceProcess]
WITH_ENDS = Addressees(
    rules=AlertsFile(receivers=(ReceiverRule(name="parent", kinds=(NoticeKind.CRYING, NoticeKind.CRYING_ENDED)),)),
    targets={"parent": ["parent"]},
    repeat_targets={"parent": ["parent"]},
)
DAMAGED = "Tears: its memory was damaged"
LOSSES: list[Callable[[Path], object]] = [Path.unlink, lambda path: os.truncate(path, 0)]


def lose(path: Path, loss: Callable[[Path], object]) -> None:
    """Do this to every file of the state."""
    for one in path.parent.glob(f"{path.name}*"):
        loss(one)


def titles(receiver: NoticeReceiver) -> list[str]:
    return [one["title"] for one in list(receiver.taken)]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_state_that_is_lost_under_the_alerter_is_written_again(
    runs: AlerterRuns, loss: Callable[[Path], object]
) -> None:
    run = runs.begin()
    publish(runs.client, night(cries(3)))
    run.read_all()
    lose(runs.path, loss)
    run.turn(seconds=1.0)
    assert run.titles() == ["nursery: crying"] * 3
    publish(runs.client, night([QUIET] * 30 + [LOUD] * 5, first=66))
    run.read_all()
    run.kill()
    run = runs.begin()
    run.read_all()
    run.turn(3, seconds=1.0)
    assert run.titles() == ["nursery: crying"] * 4
    assert run.health.ready().good
    assert len(alerts(runs.client)) == 4


@pytest.mark.parametrize("loss", LOSSES)
def test_a_state_that_is_lost_right_before_a_commit_is_not_called_damaged(
    runs: AlerterRuns, loss: Callable[[Path], object]
) -> None:
    run = runs.begin()
    publish(runs.client, night(cries(3)))
    run.read_all()
    lose(runs.path, loss)
    publish(runs.client, night([QUIET] * 30 + [LOUD] * 5, first=66))
    # No time passes, so a commit finds the loss and not the look once a second.
    run.read_all()
    run.turn(2, seconds=10.0)
    assert run.titles() == ["nursery: crying"] * 4


@pytest.mark.parametrize("loss", LOSSES)
def test_a_state_that_is_lost_while_the_alerter_is_away_repeats_no_alert(
    runs: AlerterRuns, loss: Callable[[Path], object]
) -> None:
    run = runs.begin()
    publish(runs.client, night(cries(3)))
    run.read_all()
    run.kill()
    lose(runs.path, loss)
    publish(runs.client, night([QUIET] * 30 + [LOUD] * 5, first=66))
    run = runs.begin()
    run.read_all()
    assert run.titles() == ["nursery: crying"]
    assert len(alerts(runs.client)) == 4


def test_a_state_that_is_lost_while_the_alerter_is_away_repeats_no_end_of_crying(runs: AlerterRuns) -> None:
    run = runs.begin(addressees=WITH_ENDS)
    publish(runs.client, night(cries(3)))
    run.read_all()
    assert run.titles().count("nursery: crying has ended") == 3
    run.kill()
    lose(runs.path, Path.unlink)
    publish(runs.client, night([QUIET] * 30 + [LOUD] * 5 + [QUIET] * 60, first=66))
    run = runs.begin(addressees=WITH_ENDS)
    run.read_all()
    assert run.titles() == ["nursery: crying", "nursery: crying has ended"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("has_time", [True, False])
def test_a_restart_after_the_files_were_lost_sends_no_old_notice(
    redis_client: redis.Redis,
    start_alerter: StartAlerter,
    receiver: NoticeReceiver,
    tmp_path: Path,
    loss: Callable[[Path], object],
    *,
    has_time: bool,
) -> None:
    path = tmp_path / "alerter.sqlite"
    alerter = start_alerter(alerter_notify=receiver.url())
    publish(redis_client, night(cries(7)))
    wait_until(lambda: len(receiver.taken) == 7, deadline_seconds=START_SECONDS, describe=alerter.log)
    lose(path, loss)
    if has_time:
        wait_until(
            lambda: path.exists() and path.stat().st_size > 0, deadline_seconds=START_SECONDS, describe=alerter.log
        )
        alerter.terminate()
        assert alerter.wait_for_exit() == 0, alerter.log()
    else:
        alerter.kill()
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        alerter.wait_until_ready()
        publish(redis_client, night([QUIET] * 30 + [LOUD] * 5, first=7 * 22))
        wait_until(
            lambda: titles(receiver).count("nursery: crying") >= 8,
            deadline_seconds=START_SECONDS,
            describe=alerter.log,
        )
    # A file that the alerter was just writing when it was emptied and killed is damaged, and that is told too.
    told = [one for one in titles(receiver) if one != DAMAGED]
    assert told == ["nursery: crying"] * 8


def test_a_damaged_file_is_reported_to_the_parent_and_listening_goes_on(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    path = tmp_path / "alerter.sqlite"
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        publish(redis_client, night([QUIET]))
        alerter.wait_until_ready()
        alerter.terminate()
        alerter.wait_for_exit()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(4096))
    with start_alerter(alerter_notify=receiver.url()) as alerter:
        alerter.wait_until_ready()
        publish(redis_client, night([LOUD] * 5, first=1))
        wait_until(lambda: len(receiver.taken) == 2, deadline_seconds=START_SECONDS, describe=alerter.log)
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
    assert sorted(titles(receiver)) == [DAMAGED, "nursery: crying"]
    assert path.with_name("alerter.sqlite.unreadable-1").exists()


def test_a_file_that_cannot_be_written_is_reported_and_listening_goes_on(
    redis_client: redis.Redis, start_alerter: StartAlerter, receiver: NoticeReceiver, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "alerter.sqlite"
    with start_alerter(alerter_state_path=str(path), alerter_notify=receiver.url()) as alerter:
        publish(redis_client, night(cries(1)))
        wait_until(lambda: len(receiver.taken) == 2, deadline_seconds=START_SECONDS, describe=alerter.log)
        wait_until(lambda: len(alerts(redis_client)) == 1)
        assert str(path) in alerter.log()
        assert "in memory" in alerter.probe("/readyz")[1]
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
        assert "Traceback" not in alerter.log()
    assert sorted(titles(receiver)) == ["Tears: alerts are not saved", "nursery: crying"]


def test_a_disk_that_fills_up_is_reported_and_listening_goes_on(
    runs: AlerterRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python keeps the bytecode of a module even if the disk took only the beginning of it.
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    run = runs.begin()
    publish(runs.client, night([QUIET, LOUD]))
    run.turn()
    # To this process, the disk is full.
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        publish(runs.client, night([LOUD] * 3, first=2))
        run.turn(40, seconds=1.0)
        assert alerts(runs.client) == [7.0]
        assert run.titles() == ["nursery: crying", "Tears: alerts are not saved"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    run.turn(2, seconds=60.0)
    assert run.titles()[-1] == "Tears: alerts are saved again"
    run.kill()
    run = runs.begin()
    run.turn(2)
    assert alerts(runs.client) == [7.0]
    assert [one for one in run.titles() if one == "nursery: crying"] == ["nursery: crying"]
