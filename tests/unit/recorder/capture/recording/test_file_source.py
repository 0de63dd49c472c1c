"""Recordings of every kind become int16, and a bad recording is an error that says the cure."""

import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from unit.recorder.conftest import Sound, WriteSound

from tears.recorder.capture.recording.file_source import FileSource
from tears.recorder.errors import SourceError

Noise = Callable[..., Sound]
NOBODY = 65_534


@contextmanager
def opened(path: Path, block_seconds: float = 0.1) -> Iterator[FileSource]:
    source = FileSource(path, block_seconds)
    try:
        yield source
    finally:
        source.close()


def played_sound(source: FileSource) -> Sound:
    return np.concatenate([block.copy() for block in source.blocks()])


def cut(path: Path, keep_bytes: int) -> Path:
    path.write_bytes(path.read_bytes()[:keep_bytes])
    return path


@pytest.mark.parametrize(
    ("name", "options", "rate_hz", "channels"),
    [
        ("a.wav", {"subtype": "PCM_16"}, 48_000, 1),
        ("a.wav", {"subtype": "PCM_24"}, 44_100, 1),
        ("a.wav", {"subtype": "PCM_32"}, 22_050, 1),
        ("a.wav", {"subtype": "FLOAT"}, 48_000, 2),
        ("a.wav", {"subtype": "DOUBLE"}, 48_000, 1),
        ("a.wav", {"subtype": "PCM_16", "format": "RF64"}, 48_000, 1),
        ("a.wav", {"subtype": "PCM_16"}, 96_000, 2),
        ("a.wav", {"subtype": "PCM_16"}, 16_000, 6),
        ("a.wav", {"subtype": "PCM_16"}, 8_000, 32),
        ("a.wav", {"subtype": "PCM_16"}, 4_000, 1),
        ("a.wav", {"subtype": "PCM_16"}, 384_000, 1),
        ("a.flac", {"subtype": "PCM_16"}, 48_000, 1),
        ("a.flac", {"subtype": "PCM_24"}, 48_000, 2),
    ],
)
def test_a_lossless_recording_comes_back_sample_by_sample(
    write_sound: WriteSound, noise: Noise, name: str, options: dict[str, str], rate_hz: int, channels: int
) -> None:
    sound = noise(rate_hz // 2 + 17, channels)

    with opened(write_sound(sound, name, rate_hz, **options)) as source:
        assert (source.sample_rate_hz, source.channels) == (rate_hz, channels)
        np.testing.assert_array_equal(played_sound(source), sound)
        assert source.fault == ""


@pytest.mark.parametrize("options", [{"subtype": "PCM_U8"}, {"subtype": "PCM_S8", "format": "AIFF"}])
def test_eight_bits_become_the_upper_eight_of_sixteen(
    write_sound: WriteSound, noise: Noise, options: dict[str, str]
) -> None:
    sound = (noise(4_000) >> 8 << 8).astype(np.int16)

    with opened(write_sound(sound, "a.wav", **options)) as source:
        np.testing.assert_array_equal(played_sound(source), sound)


@pytest.mark.parametrize("subtype", ["PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_values_between_two_int16_are_rounded_to_the_nearest(tmp_path: Path, subtype: str) -> None:
    fine = np.random.default_rng(3).uniform(-0.99, 0.99, (4_000, 1))
    soundfile.write(tmp_path / "a.wav", fine, 8_000, subtype=subtype)

    with opened(tmp_path / "a.wav") as source:
        # Half a step of int16, and one of 24 bits, which is how far soundfile itself is off.
        assert np.abs(played_sound(source) / 32_768 - fine).max() <= (0.5 + 1 / 256) / 32_768


def test_floats_beyond_full_scale_are_clipped_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.5, 1.5, -2.0, np.nan, 1e30]), 8_000, subtype="FLOAT")

    with opened(tmp_path / "a.wav") as source:
        assert played_sound(source)[:, 0].tolist() == [16_384, 32_767, -32_768, 0, 32_767]
    assert "4 values beyond full scale were clipped" in caplog.text


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_sounds_like_the_original(tmp_path: Path, subtype: str) -> None:
    tone: npt.NDArray[np.float64] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    soundfile.write(tmp_path / "a.ogg", tone, 48_000, format="OGG", subtype=subtype)

    with opened(tmp_path / "a.ogg") as source:
        sound = played_sound(source)[:, 0] / 32_768
    assert len(sound) == 48_000
    assert np.abs(sound - tone)[2_000:-2_000].max() < 0.05
    assert source.fault == ""


def test_a_recording_comes_in_blocks_of_the_length_that_was_asked_for(write_sound: WriteSound, noise: Noise) -> None:
    with opened(write_sound(noise(2_000), rate_hz=8_000), block_seconds=0.1) as source:
        assert [len(block) for block in source.blocks()] == [800, 800, 400]


@pytest.mark.parametrize("promised_bytes", [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000])
def test_a_recording_that_was_piped_has_no_length_and_no_fault(
    write_sound: WriteSound, noise: Noise, promised_bytes: int
) -> None:
    sound = noise(4_000)
    path = write_sound(sound)
    header = bytearray(path.read_bytes())
    header[4:8] = header[40:44] = struct.pack("<I", promised_bytes)
    path.write_bytes(header)

    with opened(path) as source:
        np.testing.assert_array_equal(played_sound(source), sound)
        assert source.fault == ""


def test_a_flac_file_that_was_piped_has_no_length_and_no_fault(write_sound: WriteSound, noise: Noise) -> None:
    sound = noise(4_800)
    path = write_sound(sound, "a.flac")
    content = bytearray(path.read_bytes())
    # The last 36 bits of these eight bytes are the number of samples.
    fields = int.from_bytes(content[18:26], "big") >> 36 << 36
    content[18:26] = fields.to_bytes(8, "big")
    path.write_bytes(content)

    with opened(path, block_seconds=0.1) as source:
        np.testing.assert_array_equal(played_sound(source), sound)
        assert source.fault == ""


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"subtype": "PCM_16"}, r"lacks \d+ of 96000 bytes"),
        ({"subtype": "PCM_24"}, r"lacks \d+ of 144000 bytes"),
        ({"subtype": "FLOAT"}, r"lacks \d+ of 192000 bytes"),
        ({"subtype": "PCM_16", "format": "RF64"}, r"ends \d+ samples early"),
        ({"subtype": "PCM_16", "format": "AIFF"}, r"lacks \d+ of \d+ bytes"),
        ({"subtype": "PCM_16", "format": "FLAC"}, r"cannot be decoded beyond 3\.\d+ s"),
    ],
)
def test_a_truncated_recording_is_played_to_its_end_and_has_a_fault(
    write_sound: WriteSound, noise: Noise, options: dict[str, str], fault: str
) -> None:
    sound = noise(48_000)
    path = write_sound(sound, "a.sound", **{"format": "WAV", **options})
    cut(path, path.stat().st_size * 6 // 10)

    with opened(path, block_seconds=1) as source:
        rest = played_sound(source)
        source_fault = source.fault

    assert pytest.approx(28_800, abs=4_608) == len(rest)
    np.testing.assert_array_equal(rest, sound[: len(rest)])
    assert re.search(fault, source_fault)


def test_a_truncated_ogg_is_played_to_its_end_and_has_a_fault(write_sound: WriteSound, noise: Noise) -> None:
    path = write_sound(noise(96_000), "a.ogg", 48_000)
    cut(path, path.stat().st_size * 7 // 10)

    with opened(path) as source:
        assert 10_000 < len(played_sound(source)) < 96_000
        assert source.fault == "lacks its last page"


def test_a_recording_that_is_damaged_in_the_middle_is_played_up_to_there(write_sound: WriteSound, noise: Noise) -> None:
    sound = noise(48_000)
    path = write_sound(sound, "a.flac")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 100] = bytes(100)
    path.write_bytes(content)

    with opened(path, block_seconds=1) as source:
        rest = played_sound(source)
        assert "cannot be decoded beyond" in source.fault
    assert 16_000 < len(rest) < 26_000
    np.testing.assert_array_equal(rest, sound[: len(rest)])


def test_text_is_not_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "notes.wav"
    path.write_text("This is no sound at all.")

    with pytest.raises(SourceError, match=r"notes\.wav is not a recording that can be read.*use WAV, FLAC or OGG"):
        FileSource(path, 0.1)


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()

    with pytest.raises(SourceError, match=r"a\.wav is empty; record it again"):
        FileSource(tmp_path / "a.wav", 0.1)


def test_a_recording_without_samples_is_an_error(write_sound: WriteSound, noise: Noise) -> None:
    path = write_sound(noise(0))

    with pytest.raises(SourceError, match=r"sound\.wav holds no samples; record it again"):
        FileSource(path, 0.1)


@pytest.mark.parametrize(("name", "left_bytes"), [("a.wav", 44), ("a.flac", 100), ("a.ogg", 4_300)])
def test_a_recording_cut_down_to_its_header_is_an_error(
    write_sound: WriteSound, noise: Noise, name: str, left_bytes: int
) -> None:
    path = cut(write_sound(noise(48_000), name), left_bytes)

    with pytest.raises(SourceError, match=rf"{name} is truncated or damaged, and none of its sound is left"):
        FileSource(path, 0.1)


def test_a_missing_file_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.wav does not exist; set TEARS_RECORDER_INPUT"):
        FileSource(tmp_path / "a.wav", 0.1)


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder; TEARS_RECORDER_INPUT takes one recording"):
        FileSource(tmp_path, 0.1)


def test_a_named_pipe_is_an_error_without_a_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")

    with pytest.raises(SourceError, match="is not a regular file"):
        FileSource(tmp_path / "a.wav", 0.1)


def test_a_file_that_may_not_be_read_is_an_error_that_names_the_user(write_sound: WriteSound, noise: Noise) -> None:
    path = write_sound(noise(100))
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # whom no mode keeps out
        os.seteuid(NOBODY)
    try:
        with pytest.raises(SourceError, match=r"sound\.wav may not be read by user \d+; .*chmod"):
            FileSource(path, 0.1)
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("rate_hz", [3_999, 384_001])
def test_a_rate_out_of_range_is_an_error(write_sound: WriteSound, noise: Noise, rate_hz: int) -> None:
    path = write_sound(noise(100), rate_hz=rate_hz)

    with pytest.raises(SourceError, match=f"has {rate_hz} samples a second; resample it"):
        FileSource(path, 0.1)


def test_too_many_channels_are_an_error(write_sound: WriteSound, noise: Noise) -> None:
    path = write_sound(noise(100, 33))

    with pytest.raises(SourceError, match="has 33 channels; mix it down to 32 or fewer"):
        FileSource(path, 0.1)
