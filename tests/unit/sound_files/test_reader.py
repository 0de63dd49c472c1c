"""Files are read to where their sound ends, whatever their headers say."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from support.sound.odd_files import EXACT_FILES, ODD_RATE_HZ, PHONE_FILES, hum, piped_flac

from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import EVERYTHING, look_at, open_decoder, read_pieces

SOUND = hum(12.5)


def read_whole(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    with contextlib.closing(open_decoder(path)) as decoder:
        return np.concatenate([piece.copy() for piece in read_pieces(decoder, 5 * decoder.rate_hz)])


@pytest.mark.parametrize("name", EXACT_FILES)
def test_a_header_that_lies_costs_no_sample(tmp_path: Path, name: str) -> None:
    EXACT_FILES[name](tmp_path / name, SOUND)

    facts = look_at(tmp_path / name)
    assert (facts.rate_hz, facts.channels, facts.samples, facts.fault) == (ODD_RATE_HZ, 1, len(SOUND), "")
    np.testing.assert_array_equal(read_whole(tmp_path / name)[:, 0] * 32_768, SOUND)


@pytest.mark.parametrize("name", PHONE_FILES)
def test_what_phones_write_is_heard(tmp_path: Path, name: str) -> None:
    PHONE_FILES[name](tmp_path / name, SOUND)

    facts = look_at(tmp_path / name)
    assert facts.seconds == pytest.approx(12.5, abs=0.15)
    heard = read_whole(tmp_path / name)[:, 0]
    assert len(heard) == facts.samples
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.std(SOUND / 32_768), rel=0.1)


@pytest.mark.parametrize(("rate_hz", "channels"), [(22_050, 1), (ODD_RATE_HZ, 2), (8_000, 2)])
def test_sound_that_changes_its_rate_or_channels_on_the_way_is_converted_to_the_first(
    tmp_path: Path, rate_hz: int, channels: int
) -> None:
    parts = (adts(tmp_path / "first.aac", ODD_RATE_HZ, 1), adts(tmp_path / "second.aac", rate_hz, channels))
    path = tmp_path / "changes.aac"
    path.write_bytes(b"".join(parts))

    facts = look_at(path)
    assert (facts.rate_hz, facts.channels) == (ODD_RATE_HZ, 1)
    assert facts.seconds == pytest.approx(6.0, abs=0.4)
    heard = read_whole(path)[:, 0]
    assert len(heard) == facts.samples
    for part in (heard[: 2 * ODD_RATE_HZ], heard[-2 * ODD_RATE_HZ :]):
        assert np.sqrt(np.mean(part**2)) == pytest.approx(np.std(SOUND / 32_768), rel=0.5)


def adts(path: Path, rate_hz: int, channels: int) -> bytes:
    """Return 3 s of sound as AAC without a container."""
    with av.open(path, "w", format="adts") as written:
        stream = written.add_stream("aac", rate=rate_hz, layout="mono" if channels == 1 else "stereo")
        sound = np.repeat(hum(3.0, rate_hz) / 32_768, channels).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="flt", layout=stream.layout.name)
        frame.sample_rate = rate_hz
        written.mux(stream.encode(frame))
        written.mux(stream.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("name", [*EXACT_FILES, "whole.flac", "whole.wav", "whole.ogg"])
def test_skipping_leads_to_the_same_samples_as_reading(tmp_path: Path, name: str) -> None:
    if name in EXACT_FILES:
        EXACT_FILES[name](tmp_path / name, SOUND)
    else:
        soundfile.write(tmp_path / name, SOUND, ODD_RATE_HZ)
    whole = read_whole(tmp_path / name)

    with contextlib.closing(open_decoder(tmp_path / name)) as decoder:
        found = np.empty((100, 1), np.float64)
        assert decoder.skip(70_000) == 70_000
        assert decoder.read(found) == 100
        np.testing.assert_array_equal(found, whole[70_000:70_100])
        assert decoder.skip(1_000) == 1_000
        assert decoder.read(found) == 100
        np.testing.assert_array_equal(found, whole[71_100:71_200])
        assert decoder.skip(EVERYTHING) == len(whole) - 71_200


@pytest.mark.parametrize(("name", "fault"), [("a.wav", "lacks"), ("a.flac", "cannot be decoded beyond")])
def test_a_file_that_was_cut_off_ends_where_its_sound_does(tmp_path: Path, name: str, fault: str) -> None:
    path = tmp_path / name
    soundfile.write(path, SOUND, ODD_RATE_HZ)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    facts = look_at(path)
    assert facts.is_truncated
    assert fault in facts.fault
    np.testing.assert_array_equal(read_whole(path)[:, 0] * 32_768, SOUND[: facts.samples])
    assert 0.4 < facts.samples / len(SOUND) < 0.6


def test_a_list_or_a_trailer_after_the_sound_is_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "tagged.wav"
    soundfile.write(path, SOUND, ODD_RATE_HZ)
    for trailer in (b"LIST\x04\x00\x00\x00INFO", b"TAG and whatever else a program leaves"):
        tagged = path.with_name("with-more.wav")
        tagged.write_bytes(path.read_bytes() + trailer)
        assert look_at(tagged).samples == len(SOUND)


def test_an_empty_wav_stays_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "empty.wav", SOUND[:0], ODD_RATE_HZ)
    (tmp_path / "empty.wav").write_bytes((tmp_path / "empty.wav").read_bytes() + b"LIST\x04\x00\x00\x00INFO")
    assert look_at(tmp_path / "empty.wav").samples == 0


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "other.wav", SOUND, ODD_RATE_HZ)
    listed = f"#EXTM3U\n#EXT-X-TARGETDURATION:12\n#EXTINF:12,\n{tmp_path / 'other.wav'}\n#EXT-X-ENDLIST\n"
    (tmp_path / "list.m3u8").write_text(listed)
    with pytest.raises(UnreadableSoundError, match="is not a recording that can be read"):
        look_at(tmp_path / "list.m3u8")


def test_a_pipe_a_folder_and_an_empty_file_are_named_without_a_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "empty.wav").touch()
    for name, says in (("pipe.wav", "is not a regular file"), ("empty.wav", "is empty"), (".", "is a folder")):
        with pytest.raises(UnreadableSoundError, match=says):
            look_at(tmp_path / name)


@pytest.mark.parametrize("name", ["memo.m4a", "my memo.amr", "ffmpeg.ogg"])
def test_without_the_extra_the_message_names_the_command_that_converts(tmp_path: Path, name: str) -> None:
    {**PHONE_FILES, **EXACT_FILES}[name.removeprefix("my ")](tmp_path / name, SOUND)
    hidden = (
        "import sys; sys.modules['av'] = None\nfrom pathlib import Path\nfrom tears.sound_files.reader import look_at"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}\nlook_at(Path(sys.argv[1]))", tmp_path / name],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr.splitlines()[-1]
    quoted = f"'{name}'" if " " in name else name
    assert f"convert it (ffmpeg -i {quoted} " in said
    assert "make rtsp" in said


def test_reading_takes_no_more_memory_for_a_longer_file(tmp_path: Path) -> None:
    piped_flac(tmp_path / "long.flac", np.tile(hum(60), 30))
    measured = (
        "import contextlib, resource, sys\nfrom pathlib import Path\n"
        "from tears.sound_files.reader import look_at, open_decoder, read_pieces\n"
        "facts = look_at(Path(sys.argv[1]))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with contextlib.closing(open_decoder(Path(sys.argv[1]))) as decoder:\n"
        "    heard = sum(len(piece) for piece in read_pieces(decoder, 80_000))\n"
        "print(heard, facts.samples, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", measured, tmp_path / "long.flac"], capture_output=True, text=True, check=True
    )
    heard, samples, grown_kib = map(int, done.stdout.split())
    assert heard == samples == 30 * 60 * ODD_RATE_HZ
    # As float64, the whole file has 220 MiB.
    assert grown_kib < 8_192
