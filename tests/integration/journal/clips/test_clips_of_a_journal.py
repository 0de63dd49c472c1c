"""The whole journal as a process: what it hears becomes clips and recordings."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import redis
import soundfile
from support.processes.service_process import ServiceProcess
from support.sound.chunks import WALL_SECONDS, chunks, known_noise
from support.waiting import wait_until

from tears.kit.messages import Ending, Episode, EpisodeState
from tears.kit.registry.mics import MicRecord
from tears.kit.streams import names

RATE_HZ = 8_000
SOUND = known_noise(60 * RATE_HZ)
DEADLINE_SECONDS = 60.0
# A history of today: nothing is kept of what is older than two years.
BEGAN_AT = round(time.time()) - 60.0
OPENED = Episode(
    episode_id="11111111-1111-5111-8111-111111111111",
    mic="nursery",
    state=EpisodeState.OPEN,
    ending=Ending.NOT_YET,
    start_seconds=20.0,
    alerted_at_seconds=25.0,
    end_seconds=25.0,
    peak_score=0.9,
    captured_at_seconds=BEGAN_AT + 25,
)
CLOSED = replace(OPENED, state=EpisodeState.CLOSED, ending=Ending.QUIET, end_seconds=40.0)


def hear(client: redis.Redis, first_second: int, end_second: int) -> None:
    """Publish these seconds of the sound, as a recorder does."""
    mic = MicRecord(
        mic="nursery", sample_rate_hz=RATE_HZ, channels=1, device="a test", session="s1", heartbeat_seconds=0.0
    )
    client.hset(names.MICS_HASH, "nursery", mic.encode())
    for one in chunks(SOUND)[first_second:end_second]:
        now = replace(one, captured_at_seconds=one.captured_at_seconds - WALL_SECONDS + BEGAN_AT)
        client.xadd(names.chunks("nursery"), {names.BODY: now.encode()})


def test_an_episode_becomes_a_clip_while_everything_is_recorded(
    redis_url: str, redis_client: redis.Redis, tmp_path: Path
) -> None:
    settings = {
        "TEARS_REDIS_URL": redis_url,
        "TEARS_JOURNAL_DATA": str(tmp_path / "data"),
        "TEARS_JOURNAL_FOLDER": str(tmp_path / "recordings"),
        "TEARS_JOURNAL_RECORD": "true",
        "TEARS_JOURNAL_SEGMENT_SECONDS": "10",
        "TEARS_JOURNAL_LEAVE_GIB": "0",
        "TEARS_JOURNAL_CLIP_LEAVE_GIB": "0",
        "TEARS_JOURNAL_PORT": "0",
        "TEARS_JOURNAL_PROBE_PORT": "0",
    }
    with ServiceProcess("tears.journal", settings, tmp_path / "journal.log") as journal:
        hear(redis_client, 0, 30)
        redis_client.xadd(names.EPISODES_STREAM, {names.BODY: OPENED.encode()})
        hear(redis_client, 30, 60)
        redis_client.xadd(names.EPISODES_STREAM, {names.BODY: CLOSED.encode()})
        clips = tmp_path / "data" / "clips" / "nursery"
        wait_until(lambda: list(clips.glob("*/*.flac")), DEADLINE_SECONDS, describe=journal.log)
        (clip,) = clips.glob("*/*.flac")
        assert clip.stem == OPENED.episode_id
        found, rate_hz = soundfile.read(clip, dtype="int16")
        assert rate_hz == RATE_HZ
        assert np.array_equal(found, SOUND[10 * RATE_HZ : 45 * RATE_HZ])
        wait_until(
            lambda: journal.metric("tears_journal_clips_total", of="episode", outcome="kept") == 1,
            DEADLINE_SECONDS,
            describe=journal.log,
        )
        journal.terminate()
        assert journal.wait_for_exit() == 0, journal.log()
    recorded = [soundfile.read(path, dtype="int16")[0] for path in sorted(tmp_path.glob("recordings/*/*/*.flac"))]
    assert np.array_equal(np.concatenate(recorded), SOUND)
