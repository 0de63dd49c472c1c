"""The hub with its real thread and encoder; only the time is the tests' own."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from support.sound.chunks import chunk, known_noise

from tears.journal.errors import TooManyListenersError
from tears.journal.live.live_metrics import LiveMetrics
from tears.journal.live.sound.mp3_stream import Mp3Stream
from tears.journal.live.sound.sound_hub import MOST_LISTENERS, SoundHub
from tears.journal.live.sound.sound_tap import MOST_DROPPED_IN_A_ROW, MOST_WAITING_PIECES, SoundTap
from tears.kit.clock import ManualClock
from tears.kit.messages import AudioChunk

RATE_HZ = 24_000


class HeardRoom:
    """A hub, and a microphone that gives a second of noise whenever the clock is moved by one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.clock = ManualClock()
        self.hub = SoundHub(LiveMetrics(self.registry), self.clock)
        self.sound = known_noise(RATE_HZ * 100)
        self.seconds = 0

    def second(self) -> AudioChunk:
        at = self.seconds * RATE_HZ
        self.seconds += 1
        return chunk(self.sound[at : at + RATE_HZ], at, rate_hz=RATE_HZ)

    def hear(self) -> None:
        self.clock.advance(1.0)
        self.hub.heard("nursery", self.second())

    def dropped(self, reason: str) -> float:
        return self.registry.get_sample_value("tears_journal_dropped_pieces_total", {"reason": reason}) or 0.0

    def listeners(self) -> float:
        return self.registry.get_sample_value("tears_journal_listeners") or 0.0


@pytest.fixture
def room() -> Iterator[HeardRoom]:
    room = HeardRoom()
    room.hub.start()
    yield room
    room.hub.stop()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 60))


async def next_piece(tap: SoundTap) -> bytes:
    async for piece in tap.pieces():
        return piece
    raise AssertionError("the sound has ended")


def test_all_listeners_of_a_room_hear_the_same_from_one_encoder(
    room: HeardRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = Mp3Stream.__init__

    def counted(stream: Mp3Stream) -> None:
        made.append(stream)
        real(stream)

    monkeypatch.setattr(Mp3Stream, "__init__", counted)

    async def listen() -> None:
        with room.hub.listen("nursery") as one, room.hub.listen("nursery") as other:
            assert room.listeners() == 2
            for _ in range(3):
                room.hear()
                piece = await next_piece(one)
                assert piece
                assert piece == await next_piece(other)
        assert len(made) == 1
        assert room.listeners() == 0

    run(listen)


def test_a_listener_begins_with_the_last_second(room: HeardRoom) -> None:
    async def listen() -> None:
        room.hear()
        with room.hub.listen("nursery") as first:
            piece = await next_piece(first)
            with room.hub.listen("nursery") as second:
                assert await next_piece(second) == piece

    run(listen)


def test_what_was_heard_long_ago_is_not_played_as_if_it_were_now(room: HeardRoom) -> None:
    async def listen() -> None:
        room.hear()
        room.clock.advance(60.0)
        expected = Mp3Stream()
        with room.hub.listen("nursery") as tap:
            newest = room.second()
            room.hub.heard("nursery", newest)
            assert await next_piece(tap) == expected.encode(newest)

    run(listen)


def test_a_chunk_that_comes_again_is_not_heard_twice(room: HeardRoom) -> None:
    async def listen() -> None:
        expected = Mp3Stream()
        with room.hub.listen("nursery") as tap:
            first, second = room.second(), room.second()
            for one in (first, first, second, first, second):
                room.hub.heard("nursery", one)
            for one in (first, second):
                assert await next_piece(tap) == expected.encode(one)
            third = room.second()
            room.hub.heard("nursery", third)
            assert await next_piece(tap) == expected.encode(third)

    run(listen)


def test_minutes_that_come_at_once_after_an_outage_do_not_delay_what_is_new(room: HeardRoom) -> None:
    async def listen() -> None:
        with room.hub.listen("nursery"):
            for _ in range(50):
                room.hub.heard("nursery", room.second())
            assert room.dropped("burst") >= 46

    run(listen)


def test_the_listeners_are_limited_and_one_who_leaves_makes_room(room: HeardRoom) -> None:
    async def listen() -> None:
        held = [room.hub.listen("nursery") for _ in range(MOST_LISTENERS)]
        for one in held:
            one.__enter__()
        with pytest.raises(TooManyListenersError, match="try again"), room.hub.listen("nursery"):
            pass
        held[0].__exit__(None, None, None)
        with room.hub.listen("nursery"):
            assert room.listeners() == MOST_LISTENERS
        for one in held[1:]:
            one.__exit__(None, None, None)

    run(listen)


def test_one_who_takes_nothing_for_a_minute_makes_room_for_others(room: HeardRoom) -> None:
    async def listen() -> None:
        with room.hub.listen("nursery") as stuck, room.hub.listen("nursery") as awake:
            for _ in range(MOST_WAITING_PIECES + MOST_DROPPED_IN_A_ROW + 1):
                room.hear()
                await next_piece(awake)
            assert room.listeners() == 1
            # It hears what still waits for it, and then its page connects again.
            assert len([piece async for piece in stuck.pieces()]) <= MOST_WAITING_PIECES
            room.hear()
            await next_piece(awake)
        assert room.listeners() == 0

    run(listen)


def test_sound_that_cannot_be_encoded_ends_nothing(room: HeardRoom) -> None:
    async def listen() -> None:
        with room.hub.listen("nursery") as tap:
            odd = chunk(known_noise(8), 0, rate_hz=2_000, session="odd")
            room.hub.heard("nursery", odd)
            room.hear()
            assert await next_piece(tap)
            assert room.dropped("format") == 1

    run(listen)


def test_a_stop_ends_those_who_listen(room: HeardRoom) -> None:
    async def listen() -> None:
        with room.hub.listen("nursery") as tap:
            await asyncio.to_thread(room.hub.stop)
            assert [piece async for piece in tap.pieces()] == []

    run(listen)
