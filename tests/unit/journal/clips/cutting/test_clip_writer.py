"""A clip on a real disk."""

import resource
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.sound.chunks import known_noise

from tears.journal.clips.cutting.clip_writer import ClipWriter, times_of

RATE_HZ = 48_000
FROM_AT = 1_700_000_000.25


def writer(path: Path, channels: int = 1) -> ClipWriter:
    return ClipWriter(path, RATE_HZ, channels, from_at=FROM_AT, comment="mic=nursery session=s1 first_sample=7")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "one.flac"


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Let this process write no file larger than the yielded size."""
    # Python keeps the bytecode of a module even if the disk took only the beginning of it.
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    most_bytes = 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    yield most_bytes
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_the_sound_is_exact_to_the_last_bit_with_silence_where_it_is_missing(path: Path, channels: int) -> None:
    sound = known_noise(3 * RATE_HZ * channels).reshape(-1, channels)
    clip = writer(path, channels)
    clip.write(sound[:RATE_HZ])
    clip.write_silence(100_000)
    clip.write(sound[RATE_HZ:])
    assert not path.exists()
    clip.finish()
    clip.discard()
    found, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    assert rate_hz == RATE_HZ
    assert np.array_equal(found[:RATE_HZ], sound[:RATE_HZ])
    assert not found[RATE_HZ : RATE_HZ + 100_000].any()
    assert np.array_equal(found[RATE_HZ + 100_000 :], sound[RATE_HZ:])
    assert times_of(path) == (FROM_AT, len(found) / RATE_HZ)
    assert clip.seconds == len(found) / RATE_HZ


def test_only_its_owner_may_read_a_clip(path: Path) -> None:
    clip = writer(path)
    clip.write(known_noise(100).reshape(-1, 1))
    (part,) = path.parent.iterdir()
    assert stat.S_IMODE(part.stat().st_mode) == 0o600
    clip.finish()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_of_a_clip_that_is_given_up_nothing_is_left(path: Path) -> None:
    clip = writer(path)
    clip.write(known_noise(RATE_HZ).reshape(-1, 1))
    clip.discard()
    assert list(path.parent.iterdir()) == []


def test_a_disk_that_takes_no_more_raises_its_reason_with_the_name_of_the_clip(path: Path, small_files: int) -> None:
    clip = writer(path)
    with pytest.raises(OSError, match="File too large") as caught:
        clip.write(known_noise(small_files).reshape(-1, 1))
    assert caught.value.filename == str(path)
    clip.discard()
    assert list(path.parent.iterdir()) == []


def test_a_file_that_is_no_clip_has_no_times(path: Path) -> None:
    assert times_of(path) == (0.0, 0.0)
    path.write_bytes(b"fLaC and nothing more")
    assert times_of(path) == (0.0, 0.0)


def test_the_disk_has_all_but_the_last_ten_seconds_of_a_growing_clip(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = writer(path)
    synced: list[float] = []
    monkeypatch.setattr("os.fdatasync", lambda _: synced.append(clip.seconds))
    for _ in range(25):
        clip.write(known_noise(RATE_HZ).reshape(-1, 1))
        clip.sync()
    assert synced == [10.0, 20.0]
    clip.discard()
