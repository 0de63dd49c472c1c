from support.redis.servers import RedisServer

from bench.pipeline.rooms import FedWindow, scored_windows
from tears.kit.messages import Detection, Tombstone, TombstoneReason, WindowHeader
from tears.kit.streams.names import BODY, DETECTIONS_STREAM


def header(mic: str) -> WindowHeader:
    return WindowHeader(
        mic=mic,
        session="bench",
        index=4,
        start_seconds=4.0,
        end_seconds=9.0,
        captured_at_seconds=1_000.0,
        level_dbfs=-40.0,
    )


def test_only_windows_of_fed_rooms_with_scores_count_as_done() -> None:
    detections = {
        "1000020-0": Detection(header=header("room0"), scores=(("crying", 0.5),), model="cry", model_version=1),
        "1000030-0": Detection(header=header("room1"), tombstone=Tombstone(TombstoneReason.GAP)),
        "1000040-0": Detection(header=header("nursery"), scores=(("crying", 0.5),), model="cry", model_version=1),
    }
    with RedisServer() as server, server.client() as client:
        for entry_id, detection in detections.items():
            client.xadd(DETECTIONS_STREAM, {BODY: detection.encode()}, id=entry_id)
        assert scored_windows(client, 2) == [FedWindow(9.0, 1_000_020.0, 20.0)]
