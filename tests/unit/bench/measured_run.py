"""A run of 40 rooms, with numbers that are easy to compute with."""

from bench.pipeline.rooms import FedRooms

RUN = FedRooms(
    rooms=40,
    replicas=1,
    delays=(20.0, 50.0, 90.0),
    done_share=1.0,
    cost_ms={"redis": 1.0, "preprocessor": 3.0},
    feeder_ms=0.4,
    redis_mib=60.0,
    pss_mib={"redis": 70.0, "preprocessor": 40.0},
    start_seconds={"redis": 0.1, "preprocessor": 0.5},
)
