"""A known sound arrives sample for sample, without a gap, at every rate and in every channel."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import redis
from integration.microphone.conftest import (
    StartRecorder,
    known_sound,
    published,
    sound_of,
    wait_for_state,
    write,
)
from support.sound.sound_server import SoundServer
from support.waiting import wait_until

SECONDS = 10
# The sound server may round once.
MOST_LSB = 1


@pytest.mark.parametrize(
    ("rate_hz", "channels"), [(48_000, 1), (48_000, 2), (44_100, 1), (44_100, 2), (16_000, 1), (16_000, 2)]
)
def test_a_known_sound_arrives_sample_for_sample_without_a_gap(
    redis_client: redis.Redis,
    sound_servers: Callable[..., SoundServer],
    listen: StartRecorder,
    tmp_path: Path,
    rate_hz: int,
    channels: int,
    record_property: Callable[[str, object], None],
) -> None:
    server = sound_servers("babymic", rate_hz=rate_hz, channels=channels)
    played = known_sound(SECONDS, rate_hz, channels)
    # The sound server loses the beginning of what is played, so begin with silence.
    lead = np.zeros((rate_hz, channels), np.int16)
    path = write(tmp_path / "known.wav", np.vstack([lead, played]), rate_hz)
    recorder = listen(server, device="babymic", rate_hz=rate_hz, channels=channels)
    recorder.wait_for_log("session .*: listening to")
    wait_for_state(redis_client, "listening")
    # On a busy machine the sound server may give none at first, until the recorder looks for the device again.
    wait_until(lambda: published(redis_client), describe="the first sound")

    player: subprocess.Popen[bytes] = server.play(path)
    assert player.wait(timeout=SECONDS + 20) == 0
    # All of the sound has arrived when there is silence after it.
    wait_until(lambda: not any(published(redis_client)[-1].pcm))
    recorder.terminate()
    assert recorder.wait_for_exit() == 0

    captured = sound_of(published(redis_client)).astype(int)
    begin = int(np.flatnonzero(np.abs(captured).max(axis=1) > 1_000)[0])
    first = int(np.flatnonzero(np.abs(played).max(axis=1) > 1_000)[0])
    piece = captured[begin - first : begin - first + len(played)]
    difference = np.abs(piece - played)
    assert difference.max() <= MOST_LSB
    assert published(redis_client)[-1].ends_session
    (announced,) = {(chunk.sample_rate_hz, chunk.channels) for chunk in published(redis_client)}
    assert announced == (rate_hz, channels)
    record_property("largest difference, LSB", int(difference.max()))
