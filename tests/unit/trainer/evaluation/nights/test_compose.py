from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from unit.trainer.evaluation.nights.tones import Tones

from tears.trainer.errors import NightError
from tears.trainer.evaluation.nights import compose
from tears.trainer.evaluation.nights.compose import NightPlan, compose_night, main, write_night
from tears.trainer.evaluation.nights.truth import NightTruth, read_truth

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def plan(tones: Tones) -> NightPlan:
    return NightPlan((tones.manifest,), split="test", seed=4, minutes=6, cries=6, others=8, room="quiet", rate=RATE_HZ)


@pytest.fixture(scope="module")
def composed(plan: NightPlan) -> tuple[NightTruth, NDArray[np.float32]]:
    return _composed(plan)


def _composed(plan: NightPlan) -> tuple[NightTruth, NDArray[np.float32]]:
    night = compose_night(plan)
    return night.truth, np.concatenate(list(night.blocks))


def _tone_dbfs(night: NDArray[np.float32], start: float, end: float, hz: int) -> NDArray[np.float64]:
    """Return the RMS of one tone in each half second from start to end."""
    part = night[int(start * RATE_HZ) : int(end * RATE_HZ)]
    parts = part[: part.size // (RATE_HZ // 2) * (RATE_HZ // 2)].reshape(-1, RATE_HZ // 2)
    rotation = np.exp(2j * np.pi * hz * np.arange(RATE_HZ // 2) / RATE_HZ)
    levels: NDArray[np.float64] = 20 * np.log10(np.sqrt(2) * np.abs(parts @ rotation) / (RATE_HZ // 2) + 1e-9)
    return levels


def test_each_sound_is_where_the_truth_says_and_nowhere_else(
    composed: tuple[NightTruth, NDArray[np.float32]], tones: Tones
) -> None:
    truth, night = composed
    assert len(truth.events) == 14
    for event in truth.events:
        hz = tones.pitch_hz[event.original_recording]
        during = _tone_dbfs(night, event.start, event.end, hz)
        before = _tone_dbfs(night, event.start - 5, event.start, hz)
        after = _tone_dbfs(night, event.end + 0.5, event.end + 5, hz)
        # Reverberation makes a tone louder or softer.
        assert during[0] > event.level_dbfs - 6
        assert max(during[-1], during[-2]) > event.level_dbfs - 6
        assert max(before.max(), after.max()) < event.level_dbfs - 20


def test_a_sound_is_as_loud_as_the_truth_says(
    plan: NightPlan, composed: tuple[NightTruth, NDArray[np.float32]], tones: Tones
) -> None:
    truth, night = composed
    off_db = []
    for event in truth.events:
        during = _tone_dbfs(night, event.start, event.end, tones.pitch_hz[event.original_recording])
        off_db.append(np.median(np.sort(during)[during.size // 2 :]) - event.level_dbfs)
        lowest, highest = plan.cry_dbfs if event.label == "crying" else plan.other_dbfs
        assert lowest <= event.level_dbfs <= highest
    assert np.abs(off_db).max() < 6
    assert np.mean(off_db) == pytest.approx(0, abs=2)


def test_sounds_come_in_order_apart_from_each_other_and_from_the_ends(
    composed: tuple[NightTruth, NDArray[np.float32]],
) -> None:
    truth, night = composed
    assert night.shape == (6 * 60 * RATE_HZ,)
    assert truth.duration_seconds == 360
    for earlier, later in pairwise(truth.events):
        assert later.start - earlier.end >= 8 - 0.02
    assert truth.events[0].start >= 10
    assert truth.events[-1].end <= 350


def test_every_sound_is_of_another_recording_of_the_split_and_none_is_silent(
    composed: tuple[NightTruth, NDArray[np.float32]],
) -> None:
    truth, _ = composed
    names = sorted(event.original_recording for event in truth.events)
    assert names == sorted([*(f"cry{k}" for k in range(5)), "doubtful", *(f"other{k}" for k in range(8))])


def test_a_sound_ends_before_its_reverberation_does(composed: tuple[NightTruth, NDArray[np.float32]]) -> None:
    truth, _ = composed
    lengths = [event.end - event.start for event in truth.events if event.label == "other"]
    assert lengths == pytest.approx([2.0] * 8, abs=0.011)


def test_an_episode_has_several_clips_with_pauses_between_them(
    composed: tuple[NightTruth, NDArray[np.float32]], tones: Tones
) -> None:
    truth, night = composed
    for episode in (event for event in truth.events if event.label == "crying"):
        assert 6 <= episode.end - episode.start <= 6 + 2 * 1.5 + 0.02
        assert episode.category == "crying_baby"
    # Reverberation fills only a part of a pause.
    episode = max(
        (event for event in truth.events if event.label == "crying"), key=lambda event: event.end - event.start
    )
    during = _tone_dbfs(night, episode.start, episode.end, tones.pitch_hz[episode.original_recording])
    assert during.min() < episode.level_dbfs - 6


def test_a_doubtful_label_is_passed_on(composed: tuple[NightTruth, NDArray[np.float32]]) -> None:
    truth, _ = composed
    assert [event.original_recording for event in truth.events if event.label_suspect] == ["doubtful"]


def test_the_length_of_the_blocks_does_not_change_the_night(plan: NightPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(plan, minutes=2, cries=3, others=1)
    _, night = _composed(short)
    monkeypatch.setattr(compose, "_NOISE_BLOCK_SECONDS", 3)
    _, in_other_blocks = _composed(short)
    assert night.shape == in_other_blocks.shape
    assert np.abs(night - in_other_blocks).max() < 1e-4


def test_the_same_arguments_give_the_same_night_and_another_seed_another(plan: NightPlan, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("again", 1), ("two", 2)):
        write_night(compose_night(replace(plan, seed=seed, minutes=2, cries=2, others=2)), tmp_path / name)
    one, again, two = ((tmp_path / f"{name}.flac").read_bytes() for name in ("one", "again", "two"))
    assert one == again != two
    one_truth, again_truth, two_truth = (read_truth(tmp_path / f"{n}.truth.json") for n in ("one", "again", "two"))
    assert one_truth == again_truth != two_truth


def test_a_sound_too_loud_for_the_file_is_made_softer_also_in_the_truth(plan: NightPlan) -> None:
    truth, night = _composed(replace(plan, minutes=1, cries=1, others=0, cry_dbfs=(6, 6)))
    assert 0.9 < np.abs(night).max() < 1
    # The tone's peak is 3 dB above its level, and reverberation adds to it.
    assert -10 < truth.events[0].level_dbfs < -3


def test_a_night_without_sounds_has_the_noise_of_the_room(plan: NightPlan) -> None:
    truth, night = _composed(replace(plan, cries=0, others=0, room="rain", minutes=1))
    assert truth.events == ()
    assert 10 * np.log10(np.mean(np.square(night))) == pytest.approx(-52, abs=0.5)


def test_a_manifest_of_paths_and_labels_is_enough(tones: Tones, tmp_path: Path) -> None:
    manifest = tmp_path / "own.csv"
    manifest.write_text(
        f"path,label\n{tones.manifest.parent}/cry0-0.flac,crying\n{tones.manifest.parent}/other0-0.flac,dog\n"
    )
    truth, _ = _composed(NightPlan((manifest,), cries=1, others=1, minutes=1, rate=RATE_HZ))
    assert sorted((event.label, event.category) for event in truth.events) == [("crying", "crying"), ("other", "dog")]


def test_a_recording_with_clips_in_two_manifests_makes_one_episode(tones: Tones, tmp_path: Path) -> None:
    manifests = []
    for k in (0, 1):
        manifests.append(tmp_path / str(k) / "own.csv")
        manifests[k].parent.mkdir()
        (manifests[k].parent / f"{k}.flac").write_bytes((tones.manifest.parent / f"cry0-{k}.flac").read_bytes())
        manifests[k].write_text(f"path,label,original_recording\n{k}.flac,crying,one\n")
    truth, _ = _composed(NightPlan(tuple(manifests), cries=1, others=0, minutes=1, rate=RATE_HZ))
    seconds = soundfile.info(tones.manifest.parent / "cry0-0.flac").duration
    assert truth.events[0].end - truth.events[0].start > 2 * seconds


def test_nights_that_take_turns_use_each_recording_once_before_any_twice(plan: NightPlan) -> None:
    short = replace(plan, minutes=2, cries=2, others=4)
    turns = [_composed(replace(short, turn=turn, seed=9 - turn))[0] for turn in range(3)]
    heard = [{one.original_recording for one in truth.events if one.label == "other"} for truth in turns]

    assert heard[0] | heard[1] == {f"other{k}" for k in range(8)}
    assert heard[2] == heard[0]
    levels = [sorted(one.level_dbfs for one in truth.events) for truth in turns]
    assert levels[0] != levels[2]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"cries": 9, "others": 0}, "9 sounds were requested, but there are only 6 recordings of crying"),
        ({"split": "nowhere"}, "6 sounds were requested, but there are only 0"),
        ({"minutes": 1.0}, "do not fit into 1 minutes"),
        ({"room": "cellar"}, "no room 'cellar'; there are quiet, hiss"),
        ({"others": -1}, "at least 0 cries"),
        ({"manifests": (Path("nowhere.csv"),)}, "nowhere.csv cannot be read"),
    ],
)
def test_a_night_that_cannot_be_composed_is_refused_with_the_reason(
    plan: NightPlan, wrong: dict[str, object], complaint: str
) -> None:
    with pytest.raises(NightError, match=complaint):
        compose_night(replace(plan, **wrong))  # type: ignore[arg-type]


def test_a_manifest_without_labels_is_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "own.csv"
    manifest.write_text("path\na.flac\n")
    with pytest.raises(NightError, match="no column 'label'"):
        compose_night(NightPlan((manifest,)))


def test_a_clip_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_text("no sound")
    manifest = tmp_path / "own.csv"
    manifest.write_text("path,label\na.flac,crying\n")
    with pytest.raises(NightError, match=r"a\.flac cannot be read as sound"):
        compose_night(NightPlan((manifest,), cries=1, others=0))


def test_the_command_writes_a_night_and_its_truth_in_the_documented_formats(tones: Tones, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "night.1"
    common = ["--manifest", str(tones.manifest), "--minutes", "1", "--cries", "1", "--others", "1"]
    more = ["--split", "test", "--room", "hum", "--cry-dbfs", "-30", "-30", "--other-dbfs", "-20", "-20", "--seed", "9"]
    assert main([*common, *more, "--out", str(out)]) == 0
    sound = soundfile.info(out.with_name("night.1.flac"))
    assert (sound.samplerate, sound.channels, sound.subtype, sound.frames) == (48_000, 1, "PCM_16", 60 * 48_000)
    truth = read_truth(out.with_name("night.1.truth.json"))
    assert (truth.room, truth.sample_rate_hz, truth.duration_seconds) == ("hum", 48_000, 60.0)
    assert {(event.label, event.level_dbfs) for event in truth.events} == {("crying", -30.0), ("other", -20.0)}


def test_the_command_says_in_one_line_why_there_is_no_night(
    tones: Tones, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--manifest", str(tones.manifest), "--out", str(tmp_path / "night")]) == 1
    assert capsys.readouterr().err.startswith("compose-night: 7 sounds were requested")
    assert not (tmp_path / "night.flac").exists()
