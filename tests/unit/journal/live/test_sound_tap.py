import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

from tears.journal.live.sound.sound_tap import MOST_WAITING_PIECES, SoundTap


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 60))


def test_a_listener_gets_the_pieces_in_order_from_another_thread() -> None:
    async def listen() -> None:
        tap = SoundTap()
        got: list[bytes] = []

        def speak() -> None:
            for number in range(200):
                # The next piece comes when the one before was heard, so none is dropped.
                tap.offer(b"%d" % number)
                while len(got) <= number:
                    heard.wait(0.01)
                    heard.clear()
            tap.close()

        heard = threading.Event()
        speaker = threading.Thread(target=speak)
        speaker.start()
        async for piece in tap.pieces():
            got.append(piece)
            heard.set()
        speaker.join()
        assert got == [b"%d" % number for number in range(200)]
        assert tap.dropped_pieces == 0

    run(listen())


def test_a_listener_who_is_behind_loses_the_oldest_and_hears_the_newest() -> None:
    async def listen() -> None:
        tap = SoundTap()
        for number in range(10):
            tap.offer(b"%d" % number)
        got = []
        async for piece in tap.pieces():
            got.append(piece)
            if len(got) == MOST_WAITING_PIECES:
                break
        assert got == [b"6", b"7", b"8", b"9"]
        assert tap.dropped_pieces == 6

    run(listen())


def test_a_closed_tap_ends_one_that_waits() -> None:
    async def listen() -> None:
        tap = SoundTap()
        threading.Timer(0.05, tap.close).start()
        assert [piece async for piece in tap.pieces()] == []

    run(listen())


def test_pieces_for_a_loop_that_has_ended_are_no_error() -> None:
    taps = []

    async def listen() -> None:
        taps.append(SoundTap())

    run(listen())
    taps[0].offer(b"late")
