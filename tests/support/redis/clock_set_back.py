"""Bring a stream into the state that it has after the machine's clock was set back.

Redis takes its times from the machine, and refuses a time of delivery in the future from a client. But it loads one
from a dump, so the times are changed there.
"""

import struct
from typing import Any

import redis

_CRC_POLYNOMIAL = 0x95AC9329AC4BC9B5  # CRC-64 of Jones, reflected, as Redis uses it
_FOOTER_BYTES = 8
_MOST_BITS_64 = 0xFFFF_FFFF_FFFF_FFFF


def set_clock_back(client: redis.Redis, stream: str, group: str, seconds: int) -> None:
    """Let all pending entries of a group look as if they had been delivered before the clock was set back."""
    dumped: Any = client.dump(stream)
    payload = bytearray(dumped[:-_FOOTER_BYTES])
    now_seconds: Any = client.time()[0]
    rows: Any = client.xpending_range(stream, group, "-", "+", 10_000)
    for row in rows:
        milliseconds, number = row["message_id"].split(b"-")
        at = _place_of_delivery(payload, struct.pack(">QQ", int(milliseconds), int(number)), now_seconds)
        (delivered_at,) = struct.unpack_from("<Q", payload, at)
        struct.pack_into("<Q", payload, at, delivered_at + seconds * 1_000)
    client.restore(stream, 0, bytes(payload) + struct.pack("<Q", _crc64(payload)), replace=True)


def _place_of_delivery(payload: bytearray, raw_id: bytes, now_seconds: int) -> int:
    """Return where the time of delivery is: after the id in the list of pending entries, but not after other ids."""
    at = payload.index(raw_id) + len(raw_id)
    while not now_seconds - 3_600 < struct.unpack_from("<Q", payload, at)[0] / 1_000 < now_seconds + 3_600:
        at = payload.index(raw_id, at) + len(raw_id)
    return at


def _crc64(data: bytes | bytearray) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_CRC_POLYNOMIAL if crc & 1 else 0)
    return crc & _MOST_BITS_64
