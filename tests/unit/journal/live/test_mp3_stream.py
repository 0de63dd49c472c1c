import io

import numpy as np
import pytest
import soundfile
from support.sound.chunks import chunk, chunks

from tears.journal.live.sound.mp3_stream import FRAME_BYTES, STREAM_RATE_HZ, Mp3Stream

# The encoder and the decoder delay the sound by this much at most.
DELAY_SECONDS = 0.15


def melody(rate_hz: int, seconds: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Return int16, (n,): a tone that rises from 300 Hz to 2.3 kHz, so that each moment differs from every other."""
    at = np.arange(rate_hz * seconds) / rate_hz
    return np.asarray(8_000 * np.sin(2 * np.pi * (300 * at + 1_000 * at**2 / seconds)), np.int16)


def decoded(stream: bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    sound, rate_hz = soundfile.read(io.BytesIO(stream))
    assert rate_hz == STREAM_RATE_HZ
    return np.asarray(sound)


def agreement(heard: np.ndarray[tuple[int], np.dtype[np.float64]], seconds: int) -> float:
    """Return the correlation of what was heard with the melody, at the best delay that is allowed."""
    played = melody(STREAM_RATE_HZ, seconds)[: STREAM_RATE_HZ * (seconds - 1)] / 32_768
    at_delays = [heard[delay : delay + len(played)] for delay in range(int(DELAY_SECONDS * STREAM_RATE_HZ))]
    return max(float((one * played).sum() / np.sqrt((one**2).sum() * (played**2).sum())) for one in at_delays[::1])


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100, 48_000, 96_000])
def test_what_is_decoded_is_what_was_played(rate_hz: int) -> None:
    stream = Mp3Stream()
    pieces = [stream.encode(one) for one in chunks(melody(rate_hz, 4), rate_hz=rate_hz, chunk_samples=rate_hz)]
    assert agreement(decoded(b"".join(pieces)), 4) > 0.99


def test_each_piece_is_whole_frames_of_about_a_second() -> None:
    stream = Mp3Stream()
    pieces = [stream.encode(one) for one in chunks(melody(48_000, 5), rate_hz=48_000, chunk_samples=48_000)]
    for piece in pieces:
        assert len(piece) % FRAME_BYTES == 0
        assert {piece[at : at + 2] for at in range(0, len(piece), FRAME_BYTES)} == {b"\xff\xf3"}
    assert all(7_800 <= len(piece) <= 8_200 for piece in pieces[1:])


def test_a_player_may_begin_with_any_piece() -> None:
    stream = Mp3Stream()
    pieces = [stream.encode(one) for one in chunks(melody(24_000, 4), rate_hz=24_000, chunk_samples=24_000)]
    later = decoded(b"".join(pieces[2:]))
    whole = decoded(b"".join(pieces))[-len(later) :]
    # The first frame may lean on one that is not there.
    assert np.abs(later[2_000:] - whole[2_000:]).max() < 0.02


def test_channels_in_opposite_phase_do_not_cancel_each_other() -> None:
    sound = melody(24_000, 4)
    stereo = np.stack([sound, -sound], axis=1)
    stream = Mp3Stream()
    pieces = [
        stream.encode(chunk(stereo[at : at + 24_000].reshape(-1), at, rate_hz=24_000, channels=2))
        for at in range(0, len(sound), 24_000)
    ]
    assert abs(agreement(decoded(b"".join(pieces)), 4)) > 0.99


def test_a_session_of_another_rate_continues_the_stream() -> None:
    stream = Mp3Stream()
    pieces = [stream.encode(one) for one in chunks(melody(48_000, 2), rate_hz=48_000, chunk_samples=48_000)]
    pieces += [
        stream.encode(one) for one in chunks(melody(16_000, 2), rate_hz=16_000, chunk_samples=16_000, session="s2")
    ]
    assert len(decoded(b"".join(pieces))) == pytest.approx(4 * STREAM_RATE_HZ, abs=DELAY_SECONDS * STREAM_RATE_HZ)
