import io
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from unit.trainer.corpus.conftest import MakeDeb, MakeSound

from tears.trainer.corpus.archives import embedded_sounds, open_package
from tears.trainer.errors import PackageError


def test_sounds_are_found_as_plain_files_in_zips_and_in_containers(
    make_deb: MakeDeb, sound: MakeSound, zipped: Callable[[dict[str, bytes]], bytes]
) -> None:
    wav, ogg = sound(0.4), sound(0.4, format="OGG")
    files = {
        "usr/share/g/Door.WAV": wav,
        "usr/share/g/readme.txt": b"nothing to hear",
        "usr/share/g/pak0.pk3": zipped({"sound/step.ogg": ogg, "model.md3": b"?"}),
        "usr/share/g/sounds.cat": b"head" + wav + b"\0\0" + ogg,
    }

    with open_package(make_deb("game", files)) as sounds:
        found = {sound.path: sound.read() for sound in sounds}

    assert found == {
        "usr/share/g/Door.WAV": wav,
        "usr/share/g/pak0.pk3!sound/step.ogg": ogg,
        "usr/share/g/sounds.cat!4.wav": wav,
        f"usr/share/g/sounds.cat!{4 + len(wav) + 2}.ogg": ogg,
    }


def test_two_ogg_files_in_a_row_are_two_sounds(sound: MakeSound) -> None:
    first, second = sound(0.5, seed=1, format="OGG"), sound(0.6, seed=2, format="OGG")

    cuts = [(start, end) for _, start, end in embedded_sounds(first + second + b"tail")]

    assert cuts == [(0, len(first)), (len(first), len(first) + len(second))]
    frames = [soundfile.info(io.BytesIO((first + second)[start:end])).frames for start, end in cuts]
    assert frames == [11_025, 13_230]


def test_a_wav_that_claims_to_be_longer_than_the_container_is_skipped(sound: MakeSound) -> None:
    wav = sound(0.5)

    assert embedded_sounds(wav[:-1]) == []
    assert embedded_sounds(wav[:1000] + wav) == [] or embedded_sounds(wav[:1000] + wav)[0][2] <= 1000 + len(wav)


def test_a_broken_package_is_named_with_the_cure(tmp_path: Path) -> None:
    deb = tmp_path / "game_1.0_all.deb"
    deb.write_bytes(b"half a downl")

    with pytest.raises(PackageError, match=r"game_1\.0_all\.deb cannot be unpacked .* delete it"), open_package(deb):
        pass


def test_a_broken_zip_does_not_stop_the_others(make_deb: MakeDeb, sound: MakeSound) -> None:
    deb = make_deb("game", {"usr/a.zip": b"PK no more", "usr/b.wav": sound(0.4)})

    with open_package(deb) as sounds:
        assert [sound.path for sound in sounds] == ["usr/b.wav"]
