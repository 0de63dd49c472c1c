"""Feeds the sound of many rooms in real time, as their recorders would: `python -m bench.pipeline.fed_rooms`.

A process of its own, so that its time is not counted as that of the pipeline. At the end it prints how much CPU time
it took for a chunk, in ms: on a machine with two cores, that is a part of what the pipeline cannot have.
"""

import argparse
import contextlib
import sys
import time

import numpy as np
import redis

from tears.kit.messages import wire
from tears.kit.redis_client import connect
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names
from tears.v1 import audio_pb2

CHUNK_RATE_HZ = 48_000
# What a stream holds. Recorders keep 120 s, but that of many rooms would not fit into Redis.
KEPT_CHUNKS = 16
NOISE_CHUNKS = 16
_LOUDNESS = 300.0


def fed_mic(room: int) -> str:
    """Return the name of a room."""
    return f"room{room}"


def noise_chunks(seed: int) -> list[bytes]:
    """Return `NOISE_CHUNKS` different seconds of noise, as int16 in bytes."""
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal(CHUNK_RATE_HZ) * _LOUDNESS).astype("<i2").tobytes() for _ in range(NOISE_CHUNKS)]


def feed_command(url: str, rooms: int, seconds: int, session: str = "bench") -> list[str]:
    """Return the command that feeds; it runs in the root of the checkout."""
    return [sys.executable, "-m", "bench.pipeline.fed_rooms", url, str(rooms), str(seconds), session]


def feed(url: str, rooms: int, seconds: int, session: str = "bench") -> None:
    """Add a chunk a second for each room, spread evenly over the second; a later call needs a session of its own."""
    # A message may come in two parts, of which the sound is the long one and is made before.
    encoded = [audio_pb2.AudioChunk(pcm=sound).SerializeToString() for sound in noise_chunks(0)]
    with connect(url) as client:
        for room in range(rooms):
            client.hset(names.MICS_HASH, fed_mic(room), mic_record(fed_mic(room)).encode())
        began_seconds, began_cpu_seconds = time.monotonic(), time.process_time()
        for turn in range(seconds * rooms):
            second, room = divmod(turn, rooms)
            # Sound comes in real time.
            time.sleep(max(0.0, began_seconds + turn / rooms - time.monotonic()))
            header = audio_pb2.AudioChunk(
                mic=fed_mic(room),
                session=session,
                first_sample=second * CHUNK_RATE_HZ,
                sample_rate_hz=CHUNK_RATE_HZ,
                channels=1,
                captured_at=wire.timestamp(time.time()),
            )
            body = header.SerializeToString() + encoded[(room + second) % NOISE_CHUNKS]
            # A Redis without memory refuses the chunk, and the rest of the run shows whether the pipeline recovers.
            with contextlib.suppress(redis.OutOfMemoryError):
                client.xadd(names.chunks(fed_mic(room)), {names.BODY: body}, maxlen=KEPT_CHUNKS, approximate=False)
        print(1e3 * (time.process_time() - began_cpu_seconds) / (seconds * rooms))


def mic_record(mic: str) -> MicRecord:
    """Return what a recorder would register for this microphone."""
    return MicRecord(
        mic=mic, sample_rate_hz=CHUNK_RATE_HZ, channels=1, device="bench", session="bench", heartbeat_seconds=0.0
    )


def main() -> None:
    """Read the arguments and feed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("rooms", type=int)
    parser.add_argument("seconds", type=int)
    parser.add_argument("session", nargs="?", default="bench")
    asked = parser.parse_args()
    feed(asked.url, asked.rooms, asked.seconds, asked.session)


if __name__ == "__main__":
    main()
