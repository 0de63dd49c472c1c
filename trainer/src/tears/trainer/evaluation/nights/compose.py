"""Compose a night in a nursery from labelled clips, and write the truth beside it.

Episodes of crying and other household sounds, each at its own level, are added to the noise of a room as a USB
microphone
records it:

    python -m tears.trainer.evaluation.nights.compose --manifest DIR/manifest.csv --split test --seed 1 --out night

writes night.flac (mono, 16 bit, 48 kHz) and night.truth.json:

    {"room", "sample_rate_hz", "duration_seconds", "events": [{"start", "end", "label": "crying"|"other", "category",
     "level_dbfs", "original_recording", "label_suspect"}]}

Times are seconds from the file's start. The same arguments always give the same night.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tears.audio.format import Signal
from tears.audio.gain import amplitude
from tears.own_data.labels.label_names import CRYING
from tears.trainer.errors import NightError
from tears.trainer.evaluation.nights.recordings import SourceRecording, load_clip, read_recordings
from tears.trainer.evaluation.nights.rooms import NIGHT_ROOMS, night_noise, reverberated, ticks
from tears.trainer.evaluation.nights.truth import OTHER_SOUND, NightEvent, NightTruth, write_truth
from tears.trainer.manifest import several_paths
from tears.trainer.module_command import module_command

LEAD_SECONDS = 10
NIGHT_GAP_SECONDS = 8
# An episode of crying is shorter if its recording has too few clips.
EPISODE_SECONDS = (6, 28)
EPISODE_CLIPS = 6
PAUSE_SECONDS = (0.1, 1.5)
OTHER_CLIPS = 3
HIGHEST_PEAK = 0.95
NIGHT_FADE_SECONDS = 0.02
_NOISE_BLOCK_SECONDS = 20
_DEALING_SEED = 1


@dataclass(frozen=True, slots=True)
class NightPlan:
    """The kind of night to compose; the fields are the options of the command.

    With a turn, nights 0, 1, 2 ... are dealt the recordings in turn: each recording is used once before any is used
    twice. The order does not depend on the seed. Without a turn, the seed chooses the recordings.
    """

    manifests: tuple[Path, ...]
    split: str | None = None
    seed: int = 1
    turn: int | None = None
    minutes: float = 15
    cries: int = 7
    others: int = 20
    room: str = "fan"
    rate: int = 48_000
    cry_dbfs: tuple[float, float] = (-45, -20)
    other_dbfs: tuple[float, float] = (-42, -16)

    @property
    def total_samples(self) -> int:
        """Return the length of the night in samples."""
        return int(self.minutes * 60 * self.rate)


@dataclass(frozen=True, slots=True)
class ComposedNight:
    """A night whose sounds are chosen and placed."""

    truth: NightTruth
    blocks: Iterator[Signal]  # in [-1, 1), together as long as the night; they can be iterated once


@dataclass(frozen=True, slots=True)
class _NightSound:
    """A sound of the night with its reverberation, and how many samples it has without."""

    recording: SourceRecording
    level_dbfs: float
    sound: Signal
    dry_samples: int


def compose_night(plan: NightPlan) -> ComposedNight:
    """Choose the sounds of a night and their places in it.

    Raises:
        NightError: There are too few recordings or too little time, or an option is out of range.
    """
    if plan.room not in NIGHT_ROOMS:
        raise NightError(f"there is no room {plan.room!r}; there are {', '.join(NIGHT_ROOMS)}")
    if min(plan.cries, plan.others) < 0 or plan.total_samples < 1:
        raise NightError("a night has a length above 0, and at least 0 cries and 0 other sounds")
    rng = np.random.default_rng(plan.seed)
    recordings = read_recordings(plan.manifests, plan.split)
    sounds: list[_NightSound] = []
    for label, count, levels in ((CRYING, plan.cries, plan.cry_dbfs), (OTHER_SOUND, plan.others, plan.other_dbfs)):
        shuffled = _shuffled([one for one in recordings if one.label == label], count, plan.turn, rng)
        sounds += _night_sounds(shuffled, count, levels, plan.rate, rng)
    order = rng.permutation(len(sounds))
    placed = _placed([sounds[k] for k in order], plan, rng)
    truth = NightTruth(
        room=plan.room,
        sample_rate_hz=plan.rate,
        duration_seconds=round(plan.total_samples / plan.rate, 3),
        events=tuple(_night_event(at, night_sound, plan.rate) for at, night_sound in placed),
    )
    layers = [*ticks(plan.rate, plan.total_samples, rng), *((at, night_sound.sound) for at, night_sound in placed)]
    return ComposedNight(truth, _rendered(plan, layers, rng))


def write_night(night: ComposedNight, out: Path) -> None:
    """Write OUT.flac and then OUT.truth.json; create their folder if needed."""
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f"{out.name}.flac")
    with soundfile.SoundFile(path, "w", night.truth.sample_rate_hz, channels=1, subtype="PCM_16") as file:
        for block in night.blocks:
            file.write(block)
    write_truth(night.truth, out.with_name(f"{out.name}.truth.json"))


def _shuffled(
    recordings: list[SourceRecording], count: int, turn: int | None, rng: np.random.Generator
) -> list[SourceRecording]:
    """Return the recordings in a random order, or from the one that is next in this turn of `count`."""
    if turn is None:
        return [recordings[k] for k in rng.permutation(len(recordings))]
    order = np.random.default_rng(_DEALING_SEED).permutation(len(recordings))
    return [recordings[k] for k in np.roll(order, -turn * count)]


def _night_sounds(
    recordings: list[SourceRecording],
    count: int,
    levels_dbfs: tuple[float, float],
    rate_hz: int,
    rng: np.random.Generator,
) -> Iterator[_NightSound]:
    """Yield the sounds of the first ``count`` recordings; silent recordings are skipped."""
    found = 0
    for recording in recordings:
        if found == count:
            return
        dry = _episode(recording, rate_hz, rng) if recording.label == CRYING else _other(recording, rate_hz, rng)
        if dry is None:
            continue
        found += 1
        level_dbfs = float(rng.uniform(*levels_dbfs))
        sound = reverberated(dry, rate_hz, rng) * np.float32(amplitude(level_dbfs))
        peak = float(np.abs(sound).max())
        if peak > HIGHEST_PEAK:
            sound *= np.float32(HIGHEST_PEAK / peak)
            level_dbfs += 20 * float(np.log10(HIGHEST_PEAK / peak))
        fade = int(NIGHT_FADE_SECONDS * rate_hz)
        sound[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        yield _NightSound(recording, level_dbfs, sound, dry.size)
    if found < count:
        kind = recordings[0].label if recordings else "that label"
        raise NightError(
            f"{count} sounds were requested, but there are only {found} recordings of {kind} that are not silent"
        )


def _episode(recording: SourceRecording, rate_hz: int, rng: np.random.Generator) -> Signal | None:
    """Join clips of one recording, with pauses for breath between them; None if all are silent."""
    wanted_samples = rng.uniform(*EPISODE_SECONDS) * rate_hz
    parts: list[Signal] = []
    clip_samples = 0
    for path in recording.clips[:EPISODE_CLIPS]:
        if clip_samples >= wanted_samples:
            break
        clip = load_clip(path, rate_hz)
        if clip is None:
            continue
        if parts:
            parts.append(np.zeros(int(rate_hz * rng.uniform(*PAUSE_SECONDS)), np.float32))
        parts.append(clip)
        clip_samples += clip.size
    return np.concatenate(parts) if parts else None


def _other(recording: SourceRecording, rate_hz: int, rng: np.random.Generator) -> Signal | None:
    """Join up to three clips of one recording without pauses; None if they are silent."""
    paths = recording.clips[: int(rng.integers(1, OTHER_CLIPS + 1))]
    clips = [clip for clip in (load_clip(path, rate_hz) for path in paths) if clip is not None]
    return np.concatenate(clips) if clips else None


def _placed(sounds: list[_NightSound], plan: NightPlan, rng: np.random.Generator) -> list[tuple[int, _NightSound]]:
    """Draw the sample at which each sound begins: in the given order, at least 8 s apart, not near the night's ends."""
    lead, least_gap = LEAD_SECONDS * plan.rate, NIGHT_GAP_SECONDS * plan.rate
    taken = sum(night_sound.dry_samples + least_gap for night_sound in sounds)
    free = plan.total_samples - taken - 2 * lead
    if free < 0:
        raise NightError(
            f"{len(sounds)} sounds of {taken / plan.rate:.0f} s with the pauses between them do not fit into "
            f"{plan.minutes:g} minutes"
        )
    placed = []
    at = lead
    for night_sound, share in zip(sounds, rng.dirichlet(np.full(len(sounds) + 1, 2.0)), strict=False):
        at += int(share * free) + least_gap
        placed.append((at, night_sound))
        at += night_sound.dry_samples
    return placed


def _night_event(at: int, night_sound: _NightSound, rate_hz: int) -> NightEvent:
    recording = night_sound.recording
    return NightEvent(
        start=round(at / rate_hz, 2),
        end=round((at + night_sound.dry_samples) / rate_hz, 2),
        label=recording.label,
        category=recording.category,
        level_dbfs=round(night_sound.level_dbfs, 1),
        original_recording=recording.name,
        label_suspect=int(recording.label_suspect),
    )


def _rendered(plan: NightPlan, layers: list[tuple[int, Signal]], rng: np.random.Generator) -> Iterator[Signal]:
    """Yield the night block by block: the noise of the room, with every sound added at its place."""
    start = 0
    room, block_samples = NIGHT_ROOMS[plan.room], _NOISE_BLOCK_SECONDS * plan.rate
    for block in night_noise(room, plan.rate, plan.total_samples, block_samples, rng):
        end = start + block.size
        for at, sound in layers:
            first, last = max(at, start), min(at + sound.size, end)
            if first < last:
                block[first - start : last - start] += sound[first - at : last - at]
        yield np.clip(block, -1, 1, out=block)
        start = end


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="compose-night", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    defaults = NightPlan(())
    parser.add_argument(
        "--manifest",
        dest="manifests",
        type=several_paths,
        required=True,
        help=f"a CSV file: path, label, category, split ...; or several with {os.pathsep!r} between them",
    )
    parser.add_argument("--split", help="only clips of this split")
    parser.add_argument("--out", type=Path, required=True, help="path to write, without .flac or .truth.json")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--turn", type=int, help="deal the recordings in turn: 0 for the first night, 1 for the next")
    parser.add_argument("--minutes", type=float, default=defaults.minutes)
    parser.add_argument("--cries", type=int, default=defaults.cries, help="how many episodes of crying")
    parser.add_argument("--others", type=int, default=defaults.others, help="how many other sounds")
    parser.add_argument("--room", choices=NIGHT_ROOMS, default=defaults.room)
    parser.add_argument("--rate", type=int, default=defaults.rate, help="Hz")
    for name, levels in (("--cry-dbfs", defaults.cry_dbfs), ("--other-dbfs", defaults.other_dbfs)):
        parser.add_argument(name, type=float, nargs=2, default=levels, metavar=("LOWEST", "HIGHEST"))
    return parser


@module_command("compose-night")
def main(arguments: Sequence[str] | None = None) -> None:
    """Compose a night from the command line."""
    options = _options().parse_args(arguments)
    fields = {name: value for name, value in vars(options).items() if name != "out"}
    fields |= {name: tuple(fields[name]) for name in ("cry_dbfs", "other_dbfs")}
    write_night(compose_night(NightPlan(**fields)), options.out)


if __name__ == "__main__":
    sys.exit(main())
