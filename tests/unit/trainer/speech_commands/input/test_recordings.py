"""The folder of recordings: what is found in it, and what can be wrong with it."""

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.training.training_folders import CLIP_SAMPLES, RATE_HZ, cry, flags, hiss, training_folder, write_wav

from tears.own_data.clips.splits import Split
from tears.own_data.errors import RecordingError
from tears.trainer.speech_commands.flags import parse_trainer_flags
from tears.trainer.speech_commands.input.recordings import FoundRecordings, clip_starts, find_recordings

RNG = np.random.default_rng(3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a folder with two wanted words of thirty clips each."""
    return training_folder(tmp_path / "data", {"quiet": 30, "crying": 30})


def find(folder: Path, *more: str) -> FoundRecordings:
    return find_recordings(parse_trainer_flags(flags(folder, *more)))


def refusal(folder: Path, *more: str) -> str:
    with pytest.raises(RecordingError) as error:
        find(folder, *more)
    return str(error.value)


def test_each_clip_has_the_label_of_its_folder(folder: Path) -> None:
    training_folder(folder, {"dog": 5})
    found = find(folder)

    clips = [clip for split in Split for clip in found.clips[split]]
    assert {(clip.path.parent.name, clip.label) for clip in clips if clip.path} == {
        ("dog", 1),
        ("quiet", 2),
        ("crying", 3),
    }
    assert len(clips) == 65
    assert any("_unknown_: dog" in warning for warning in found.warnings)


def test_upper_and_lower_case_do_not_matter_for_folders_and_suffixes(tmp_path: Path) -> None:
    training_folder(tmp_path, {"quiet": 9})
    for k in range(9):
        write_wav(tmp_path / "Crying" / f"{k}x.WAV", cry(RNG))

    found = find(tmp_path, "--validation_percentage=0", "--testing_percentage=0")

    assert [clip.label for clip in found.clips[Split.TRAINING]].count(3) == 9


def test_all_clips_of_a_long_recording_are_in_one_split(folder: Path) -> None:
    for k in range(40):
        write_wav(folder / "crying" / f"long {k}.wav", cry(RNG, 5 * CLIP_SAMPLES + 1500))
    found = find(folder)

    for split in Split:
        by_file: dict[Path, list[int]] = {}
        for clip in found.clips[split]:
            if clip.path and clip.path.name.startswith("long"):
                by_file.setdefault(clip.path, []).append(clip.first)
        assert all(
            starts == [*range(0, 5 * CLIP_SAMPLES, CLIP_SAMPLES), 4 * CLIP_SAMPLES + 1500]
            for starts in by_file.values()
        )
    assert any("40 of 100 recordings are longer" in warning for warning in found.warnings)


def test_clips_follow_each_other_and_a_long_rest_gives_one_more() -> None:
    assert clip_starts(99, 100) == [0]
    assert clip_starts(100, 100) == [0]
    assert clip_starts(150, 100) == [0]
    assert clip_starts(151, 100) == [0, 51]
    assert clip_starts(300, 100) == [0, 100, 200]


def test_short_recordings_give_a_warning(folder: Path) -> None:
    write_wav(folder / "quiet" / "short.wav", hiss(RNG, 100))

    assert any("1 of 61 recordings are shorter than 256 ms" in warning for warning in find(folder).warnings)


def test_slices_that_are_not_named_as_slices_give_a_warning(folder: Path) -> None:
    for k in range(12):
        write_wav(folder / "crying" / f"night_{k}.wav", cry(RNG))
    warnings = find(folder).warnings
    assert any("night_nohash_0.wav" in warning and "look too good" in warning for warning in warnings)

    for k in range(12):
        (folder / "crying" / f"night_{k}.wav").rename(folder / "crying" / f"night_nohash_{k}.wav")
    assert not any("look too good" in warning for warning in find(folder).warnings)


def test_a_folder_of_noise_is_background_and_not_a_class(folder: Path) -> None:
    assert find(folder).background == ()

    write_wav(folder / "_background_noise_" / "fan.wav", hiss(RNG, 9000))
    found = find(folder)

    assert [(wav.path.name, wav.samples) for wav in found.background] == [("fan.wav", 9000)]
    assert not any("_background_noise_" in warning for warning in found.warnings)


def test_names_with_a_dot_in_front_are_ignored(folder: Path) -> None:
    before = find(folder).clips
    (folder / "crying" / "._a.wav").write_bytes(b"of macOS")
    (folder / ".Trash-1000").mkdir()
    (folder / ".Trash-1000" / "a.wav").write_bytes(b"gone")
    assert find(folder).clips == before


def test_a_name_that_is_not_utf_8_is_taken(folder: Path) -> None:
    before = clip_count(folder)
    name = os.fsdecode(b"n\xe4cht.wav")
    shutil.copy(next((folder / "crying").glob("*.wav")), folder / "crying" / name)
    assert clip_count(folder) == before + 1


def clip_count(folder: Path) -> int:
    return sum(map(len, find(folder).clips.values()))


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    assert "is not a folder" in refusal(tmp_path / "nowhere")


def test_a_folder_that_cannot_be_read_is_an_error_that_names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "is_file", forbidden)
    with pytest.raises(RecordingError, match="crying cannot be read: Permission denied"):
        find(folder)


def test_a_folder_without_wavs_is_an_error_that_says_what_it_contains(tmp_path: Path) -> None:
    (tmp_path / "crying").mkdir()
    assert "contains no folder with WAVs" in refusal(tmp_path)

    soundfile.write(tmp_path / "crying" / "a.flac", cry(RNG), RATE_HZ)
    assert "1 .flac files" in refusal(tmp_path)

    write_wav(tmp_path / "a.wav", cry(RNG))
    assert "its WAVs are in no folder" in refusal(tmp_path)


def test_a_wanted_word_without_a_folder_is_an_error_that_names_the_nearest(folder: Path) -> None:
    message = refusal(folder, "--wanted_words=quiet,cryng")

    assert "'cryng'" in message
    assert "did you mean crying?" in message
    assert "crying, quiet" in message


def test_an_empty_class_is_an_error(folder: Path) -> None:
    (folder / "door").mkdir()
    message = refusal(folder, "--wanted_words=quiet,crying,door")

    assert str(folder / "door") in message
    assert "no WAV" in message


def test_a_class_without_a_recording_for_training_is_an_error(folder: Path) -> None:
    # All have one name, and are therefore in one split: validation.
    for k in range(4):
        write_wav(folder / "door" / f"night.wav_nohash_{k}.wav", hiss(RNG))

    assert "'door' is left for training" in refusal(folder, "--wanted_words=quiet,crying,door")


def test_a_class_without_a_recording_in_a_split_gives_a_warning(folder: Path) -> None:
    write_wav(folder / "door" / "foo_nohash_0.wav", hiss(RNG))

    warnings = find(folder, "--wanted_words=quiet,crying,door").warnings

    assert any("'door' falls into validation" in warning for warning in warnings)
    assert any("'door' falls into testing" in warning for warning in warnings)


def test_an_empty_folder_of_noise_is_an_error(folder: Path) -> None:
    (folder / "_background_noise_").mkdir()

    assert "_background_noise_ contains no WAV" in refusal(folder)


def test_another_rate_is_an_error_that_names_the_file_and_both_rates(folder: Path) -> None:
    path = write_wav(folder / "crying" / "fast.wav", cry(RNG), 44_100)
    message = refusal(folder)

    assert str(path) in message
    assert "44100 Hz, not the 8000 Hz" in message
    assert "--sample_rate=44100" in message


def test_noise_of_another_rate_is_an_error(folder: Path) -> None:
    path = write_wav(folder / "_background_noise_" / "fan.wav", hiss(RNG), 16_000)

    assert str(path) in refusal(folder)


def test_stereo_is_an_error_that_names_the_file(folder: Path) -> None:
    path = write_wav(folder / "quiet" / "two.wav", np.stack([hiss(RNG), hiss(RNG)], axis=1))
    message = refusal(folder)

    assert str(path) in message
    assert "2 channels" in message


def test_a_packed_file_is_refused_before_the_training(folder: Path) -> None:
    soundfile.write(folder / "crying" / "phone.wav", np.zeros(CLIP_SAMPLES), RATE_HZ, subtype="GSM610", format="WAV")

    message = refusal(folder)
    assert "phone.wav is packed as GSM610" in message
    assert "-e signed -b 16" in message


def test_a_truncated_file_is_an_error_that_says_how_much_is_missing(folder: Path) -> None:
    path = write_wav(folder / "quiet" / "cut.wav", hiss(RNG))
    path.write_bytes(path.read_bytes()[:-1000])
    message = refusal(folder)

    assert str(path) in message
    assert "last 1000 bytes are missing" in message


def test_a_length_that_was_never_written_does_not_count_as_truncation(folder: Path) -> None:
    path = write_wav(folder / "quiet" / "piped.wav", hiss(RNG))
    sound = bytearray(path.read_bytes())
    sound[40:44] = sound[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(sound))

    clips = find(folder).clips
    assert any(clip.path == path for split in Split for clip in clips[split])


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is a letter, not a sound" * 9])
def test_a_file_that_contains_no_sound_is_an_error_that_names_it(folder: Path, content: bytes) -> None:
    path = folder / "quiet" / "letter.wav"
    path.write_bytes(content)

    assert str(path) in refusal(folder)


def test_a_file_without_a_sample_is_an_error(folder: Path) -> None:
    path = write_wav(folder / "quiet" / "none.wav", np.zeros(0))

    assert str(path) in refusal(folder)
