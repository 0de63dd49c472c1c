"""Composes a night in a nursery from labelled clips, and writes the truth beside it.

It lays bouts of crying and other household sounds, each at a level of its own, into the noise of a room as a USB
microphone hears it:

    python -m tears.trainer.evaluation.nights.compose --manifest DIR/manifest.csv --split test --seed 1 --out night

writes night.flac (mono, 16 bit, 48 kHz) and night.truth.json:

    {"room", "sample_rate_hz", "duration_seconds", "events": [{"start", "end", "label": "crying"|"other", "category",
     "level_dbfs", "original_recording", "label_suspect"}]}

Times are seconds from the file's start. The same arguments give the same night.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tears.audio.format import Signal
from tears.audio.gain import amplitude
from tears.trainer.evaluation.nights.errors import NightError
from tears.trainer.evaluation.nights.recordings import Recording, load_clip, read_recordings
from tears.trainer.evaluation.nights.rooms import ROOMS, reverberated, room_noise, ticks
from tears.trainer.evaluation.nights.truth import CRYING, OTHER, Event, Truth, write_truth

LEAD_SECONDS = 10
LEAST_GAP_SECONDS = 8
# A bout of crying lasts as long as its clips suffice, at most.
BOUT_SECONDS = (6, 28)
BOUT_CLIPS = 6
PAUSE_SECONDS = (0.1, 1.5)
OTHER_CLIPS = 3
HIGHEST_PEAK = 0.95
FADE_SECONDS = 0.02
_BLOCK_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What kind of night is wanted; fields as the options of the command."""

    manifest: Path
    split: str | None = None
    seed: int = 1
    minutes: float = 15
    cries: int = 7
    others: int = 20
    room: str = "fan"
    rate: int = 48_000
    cry_dbfs: tuple[float, float] = (-45, -20)
    other_dbfs: tuple[float, float] = (-42, -16)

    @property
    def total_samples(self) -> int:
        """How long the night is."""
        return int(self.minutes * 60 * self.rate)


@dataclass(frozen=True, slots=True)
class Night:
    """A night, ready to be rendered.

    Attributes:
        truth: What will be heard.
        blocks: float32, (n,) each, in [-1, 1); their lengths add up to the night's. To be drawn once.
    """

    truth: Truth
    blocks: Iterator[Signal]


@dataclass(frozen=True, slots=True)
class _Happening:
    """A sound that is to be laid in: as heard, reverberation included, and how many samples it has without."""

    recording: Recording
    level_dbfs: float
    sound: Signal
    dry_samples: int


def compose_night(plan: Plan) -> Night:
    """Chooses the sounds of a night and their places in it.

    Raises:
        NightError: There are too few recordings or too little time, or an option makes no sense.
    """
    if plan.room not in ROOMS:
        raise NightError(f"There is no room {plan.room!r}; there are {', '.join(ROOMS)}")
    if min(plan.cries, plan.others) < 0 or plan.total_samples < 1:
        raise NightError("A night has a length, and no less than 0 cries and 0 other sounds")
    rng = np.random.default_rng(plan.seed)
    recordings = read_recordings(plan.manifest, plan.split)
    happenings = [
        *_happenings([r for r in recordings if r.label == CRYING], plan.cries, plan.cry_dbfs, plan.rate, rng),
        *_happenings([r for r in recordings if r.label == OTHER], plan.others, plan.other_dbfs, plan.rate, rng),
    ]
    order = rng.permutation(len(happenings))
    placed = _placed([happenings[k] for k in order], plan, rng)
    truth = Truth(
        room=plan.room,
        sample_rate_hz=plan.rate,
        duration_seconds=round(plan.total_samples / plan.rate, 3),
        events=tuple(_event(at, happening, plan.rate) for at, happening in placed),
    )
    layers = [*ticks(plan.rate, plan.total_samples, rng), *((at, happening.sound) for at, happening in placed)]
    return Night(truth, _rendered(plan, layers, rng))


def write_night(night: Night, out: Path) -> None:
    """Writes OUT.flac and OUT.truth.json, and the folder they lie in."""
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f"{out.name}.flac")
    with soundfile.SoundFile(path, "w", night.truth.sample_rate_hz, channels=1, subtype="PCM_16") as file:
        for block in night.blocks:
            file.write(block)
    write_truth(night.truth, out.with_name(f"{out.name}.truth.json"))


def _happenings(
    recordings: list[Recording], count: int, levels_dbfs: tuple[float, float], rate_hz: int, rng: np.random.Generator
) -> Iterator[_Happening]:
    """As many as wanted, each from another recording, in a random order; recordings of silence are passed over."""
    found = 0
    for k in rng.permutation(len(recordings)):
        if found == count:
            return
        recording = recordings[k]
        dry = _bout(recording, rate_hz, rng) if recording.label == CRYING else _other(recording, rate_hz, rng)
        if dry is None:
            continue
        found += 1
        level_dbfs = float(rng.uniform(*levels_dbfs))
        heard = reverberated(dry, rate_hz, rng) * np.float32(amplitude(level_dbfs))
        peak = float(np.abs(heard).max())
        if peak > HIGHEST_PEAK:
            heard *= np.float32(HIGHEST_PEAK / peak)
            level_dbfs += 20 * float(np.log10(HIGHEST_PEAK / peak))
        fade = int(FADE_SECONDS * rate_hz)
        heard[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        yield _Happening(recording, level_dbfs, heard, dry.size)
    if found < count:
        kind = recordings[0].label if recordings else "that label"
        raise NightError(f"{count} sounds were asked for, and there are {found} recordings of {kind} that can be heard")


def _bout(recording: Recording, rate_hz: int, rng: np.random.Generator) -> Signal | None:
    """Clips of one recording, one after the other with pauses for breath."""
    wanted_samples = rng.uniform(*BOUT_SECONDS) * rate_hz
    parts: list[Signal] = []
    heard_samples = 0
    for path in recording.clips[:BOUT_CLIPS]:
        if heard_samples >= wanted_samples:
            break
        clip = load_clip(path, rate_hz)
        if clip is None:
            continue
        if parts:
            parts.append(np.zeros(int(rate_hz * rng.uniform(*PAUSE_SECONDS)), np.float32))
        parts.append(clip)
        heard_samples += clip.size
    return np.concatenate(parts) if parts else None


def _other(recording: Recording, rate_hz: int, rng: np.random.Generator) -> Signal | None:
    """One clip, or up to three of a longer sound without a pause."""
    paths = recording.clips[: int(rng.integers(1, OTHER_CLIPS + 1))]
    clips = [clip for clip in (load_clip(path, rate_hz) for path in paths) if clip is not None]
    return np.concatenate(clips) if clips else None


def _placed(happenings: list[_Happening], plan: Plan, rng: np.random.Generator) -> list[tuple[int, _Happening]]:
    """The sample at which each begins: in the order given, at least 8 s apart, away from both ends of the night."""
    lead, least_gap = LEAD_SECONDS * plan.rate, LEAST_GAP_SECONDS * plan.rate
    taken = sum(happening.dry_samples + least_gap for happening in happenings)
    free = plan.total_samples - taken - 2 * lead
    if free < 0:
        raise NightError(
            f"{len(happenings)} sounds of {taken / plan.rate:.0f} s with the pauses between them do not fit into "
            f"{plan.minutes:g} minutes"
        )
    placed = []
    at = lead
    for happening, share in zip(happenings, rng.dirichlet(np.full(len(happenings) + 1, 2.0)), strict=False):
        at += int(share * free) + least_gap
        placed.append((at, happening))
        at += happening.dry_samples
    return placed


def _event(at: int, happening: _Happening, rate_hz: int) -> Event:
    recording = happening.recording
    return Event(
        start=round(at / rate_hz, 2),
        end=round((at + happening.dry_samples) / rate_hz, 2),
        label=recording.label,
        category=recording.category,
        level_dbfs=round(happening.level_dbfs, 1),
        original_recording=recording.name,
        label_suspect=int(recording.label_suspect),
    )


def _rendered(plan: Plan, layers: list[tuple[int, Signal]], rng: np.random.Generator) -> Iterator[Signal]:
    """The room, block by block, with every layer added where it lies."""
    start = 0
    for block in room_noise(ROOMS[plan.room], plan.rate, plan.total_samples, _BLOCK_SECONDS * plan.rate, rng):
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
    defaults = Plan(Path())
    parser.add_argument("--manifest", type=Path, required=True, help="a CSV file: path, label, category, split ..")
    parser.add_argument("--split", help="only clips of this split")
    parser.add_argument("--out", type=Path, required=True, help="where to write, without an ending")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--minutes", type=float, default=defaults.minutes)
    parser.add_argument("--cries", type=int, default=defaults.cries, help="how many bouts of crying")
    parser.add_argument("--others", type=int, default=defaults.others, help="how many other sounds")
    parser.add_argument("--room", choices=ROOMS, default=defaults.room)
    parser.add_argument("--rate", type=int, default=defaults.rate, help="Hz")
    for name, levels in (("--cry-dbfs", defaults.cry_dbfs), ("--other-dbfs", defaults.other_dbfs)):
        parser.add_argument(name, type=float, nargs=2, default=levels, metavar=("LOWEST", "HIGHEST"))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Composes a night from the command line; returns the exit status."""
    options = _options().parse_args(arguments)
    fields = {name: value for name, value in vars(options).items() if name != "out"}
    fields |= {name: tuple(fields[name]) for name in ("cry_dbfs", "other_dbfs")}
    try:
        write_night(compose_night(Plan(**fields)), options.out)
    except NightError as error:
        print(f"compose-night: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
