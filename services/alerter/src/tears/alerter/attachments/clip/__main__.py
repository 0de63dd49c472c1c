"""Cuts one clip: `python -m tears.alerter.attachments.clip`, with a request on its standard input.

It writes the MP3 to its standard output, and its exit status is a `CutStatus`. No file is made.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import redis

from tears.alerter.attachments.clip.chunk_reader import chunks_backwards
from tears.alerter.attachments.clip.sound import encode_mp3, join_chunks
from tears.alerter.attachments.clip_request import LONGEST_CUT_SECONDS, ClipRequest, CutStatus
from tears.alerter.errors import NoSoundError
from tears.kit.redis_client import connect, is_passing, why


def main() -> CutStatus:
    """Answer the request; raise what cannot be cured by waiting."""
    _yield_to_the_alerter()
    request = ClipRequest.decode(sys.stdin.buffer.read())
    try:
        with connect(request.redis_url) as client:
            frames, rate_hz = join_chunks(request.span, chunks_backwards(client, request.span))
    except NoSoundError as error:
        return _fail(CutStatus.NO_SOUND, str(error))
    except redis.RedisError as error:
        if not is_passing(error):
            raise
        return _fail(CutStatus.NOT_NOW, f"Redis does not answer: {why(error)}")
    sys.stdout.buffer.write(encode_mp3(frames, rate_hz))
    return CutStatus.DONE


def _yield_to_the_alerter() -> None:
    """Let every alert come first: for the processor, and if memory runs short. And end, even if something hangs."""
    signal.alarm(LONGEST_CUT_SECONDS)
    os.nice(5)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _fail(status: CutStatus, reason: str) -> CutStatus:
    print(reason, file=sys.stderr)  # noqa: T201 - the alerter logs it
    return status


if __name__ == "__main__":
    sys.exit(main())
