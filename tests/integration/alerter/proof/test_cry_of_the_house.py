"""The cry of the self-test goes through the real chain, and is no room's."""

from typing import Any

from support.alerter.proven_house import HEARING_SECONDS, ProvenHouse
from support.network.heartbeat_server import HeartbeatServer
from support.network.receivers import NoticeReceiver
from support.waiting import wait_until

from tears.alerter.notices.kinds import NoticeKind
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.registry.mics import read_mics
from tears.kit.registry.rooms import read_rooms
from tears.kit.streams import names


def test_the_cry_is_no_room_and_costs_one_window_a_minute_also_with_several_replicas(house: ProvenHouse) -> None:
    client: Any = house.alerter.client
    replicas = ["preprocessor", "preprocessor-1", "classifier", "classifier-1"]
    house.start("preprocessor", slot=1)
    house.start("classifier", slot=1)
    for _ in range(5):
        house.pass_seconds(60.0)
        house.hear()
    assert house.alerter.metric("self_tests_total", outcome="heard") == 6
    assert house.alerter.metric("self_test_score") >= 0.9
    assert client.xinfo_stream(names.DETECTIONS_STREAM)["entries-added"] == 6
    assert not read_mics(client)
    assert not read_rooms(client)
    assert not client.exists(names.EPISODES_STREAM)
    assert not house.notices()
    assert [name for name in replicas if SELF_TEST_MIC in house.metrics_of(name)] == []
    assert client.xlen(names.chunks(SELF_TEST_MIC)) <= 8


def test_what_was_told_is_known_to_the_next_process(house: ProvenHouse) -> None:
    house.kill("classifier")
    house.pass_seconds(85.0)
    house.alerter.kill()
    house.start_alerter()
    house.pass_seconds(100.0)
    (told,) = house.notices()
    assert told.kind == NoticeKind.NOT_LISTENING
    house.start("classifier")
    house.pass_seconds(60.0)
    house.hear()
    assert [one.kind for one in house.notices()] == [NoticeKind.NOT_LISTENING, NoticeKind.LISTENING_AGAIN]


def test_the_process_sends_heartbeats_while_it_hears_and_tells_what_it_does_not(house: ProvenHouse) -> None:
    with HeartbeatServer() as watcher, NoticeReceiver() as parent:
        alerter = house.start_alerter_process(
            notify=parent.url(), heartbeat_url=f"http://127.0.0.1:{watcher.port}/ping", selftest_seconds="1"
        )
        wait_until(lambda: watcher.paths, HEARING_SECONDS, describe=house.logs)
        assert alerter.metric("tears_alerter_self_test_score") >= 0.9
        house.kill("classifier")
        wait_until(lambda: parent.taken, HEARING_SECONDS, describe=house.logs)
        assert parent.taken[0]["title"] == "Tears: not listening"
        assert "The classifier does not work." in parent.taken[0]["message"]
        status, reason = alerter.probe("/readyz")
        assert (status, "stage: classifier" in reason) == (503, True), reason
        house.start("classifier")
        wait_until(lambda: len(parent.taken) == 2, HEARING_SECONDS, describe=house.logs)
        assert parent.taken[1]["title"] == "Tears: listening again"
        assert alerter.probe("/readyz")[0] == 200
        assert SELF_TEST_MIC not in alerter.probe("/metrics")[1]
        alerter.terminate()
        assert alerter.wait_for_exit() == 0
