"""Feeds the sound of many rooms in real time, as their recorders would: `python -m bench.pipeline.fed_rooms`.

A process of its own, so that its time is not counted as that of the pipeline. It prints nothing.
"""

import argparse
import time

import numpy as np

from tears.kit.messages import AudioChunk
from tears.kit.redis_client import connect
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

CHUNK_RATE_HZ = 48_000
# What a stream holds. Recorders keep 120 s, but that of many rooms would not fit into Redis.
KEPT_CHUNKS = 16
_LOUDNESS = 300.0
_SOUNDS = 16


def fed_mic(room: int) -> str:
    """Return the name of a room."""
    return f"room{room}"


def feed(url: str, rooms: int, seconds: int) -> None:
    """Add a chunk a second for each room, spread evenly over the second."""
    rng = np.random.default_rng(0)
    sounds = [(rng.standard_normal(CHUNK_RATE_HZ) * _LOUDNESS).astype("<i2").tobytes() for _ in range(_SOUNDS)]
    with connect(url) as client:
        for room in range(rooms):
            record = MicRecord(
                mic=fed_mic(room),
                sample_rate_hz=CHUNK_RATE_HZ,
                channels=1,
                device="bench",
                session="bench",
                heartbeat_seconds=0.0,
            )
            client.hset(names.MICS_HASH, fed_mic(room), record.encode())
        began_seconds = time.monotonic()
        for turn in range(seconds * rooms):
            second, room = divmod(turn, rooms)
            time.sleep(max(0.0, began_seconds + turn / rooms - time.monotonic()))
            chunk = AudioChunk(
                mic=fed_mic(room),
                session="bench",
                first_sample=second * CHUNK_RATE_HZ,
                sample_rate_hz=CHUNK_RATE_HZ,
                channels=1,
                pcm=sounds[(room + second) % _SOUNDS],
                captured_at_seconds=time.time(),
            )
            client.xadd(
                names.chunks(fed_mic(room)), {names.BODY: chunk.encode()}, maxlen=KEPT_CHUNKS, approximate=False
            )


def main() -> None:
    """Read the arguments and feed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("rooms", type=int)
    parser.add_argument("seconds", type=int)
    asked = parser.parse_args()
    feed(asked.url, asked.rooms, asked.seconds)


if __name__ == "__main__":
    main()
