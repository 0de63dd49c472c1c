"""Find the clips to adapt a model with, and hold some of them out to measure it with."""

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tears.audio.constants import WINDOW_SAMPLES, WINDOW_SECONDS
from tears.audio.format import Int16Array
from tears.own_data.clips.clip_facts import clip_facts_of
from tears.own_data.clips.clip_folder import clip_files
from tears.own_data.clips.clip_names import NOHASH, ROOM_MARK, group_of
from tears.own_data.clips.splits import BACKGROUND_NOISE
from tears.own_data.clips.wav_files import read_wav
from tears.own_data.errors import ClipError
from tears.own_data.labels.label_names import CRYING, OTHER_NAMES

HELD_OUT_SHARE: Final = 0.3
# A recording is held out only if it exceeds the share by at most this factor: one long episode may be most of the
# clips, and the model learns nothing from what is held out.
MOST_HELD_OUT_TIMES: Final = 1.5


@dataclass(frozen=True, slots=True)
class OwnClip:
    """A clip; `name` is its path below the folder."""

    path: Path
    name: str
    is_crying: bool

    @property
    def recording(self) -> str:
        """Return the recording that it was cut from."""
        return group_of(self.path.name)

    @property
    def room(self) -> str:
        """Return the room that the journal's export gives in the name of the clip; empty if there is none."""
        return self.path.stem.partition(NOHASH)[2].partition(ROOM_MARK)[2]


@dataclass(frozen=True)
class ClipParts:
    """The clips to learn from, and the clips that are held out to measure with."""

    learnt: tuple[OwnClip, ...]
    held_out: tuple[OwnClip, ...]


def find_own_clips(folder: Path, crying: str = CRYING, others: Collection[str] = ()) -> list[OwnClip]:
    """Find the clips in a folder that holds a folder of cries and one or more of other sounds; sort them by name.

    Args:
        folder: The folder of the labels' folders.
        crying: The name of the folder of cries.
        others: Names of folders without cries, besides the known names.

    Raises:
        ClipError: A label is not known or has no clips, or a clip is silent or not 5 s of 22 050 Hz, mono, 16 bits.
    """
    files = clip_files(folder)
    known = {*OTHER_NAMES, *others}
    clips: list[OwnClip] = []
    for label, paths in files.items():
        if label == BACKGROUND_NOISE:
            continue
        if label != crying and label not in known:
            raise ClipError(
                f"{folder / label}: it is not known whether {label!r} is crying; rename the folder to {crying} or to "
                f"one of {', '.join(OTHER_NAMES)}, or say that it is not with --other_labels={label}"
            )
        if not paths:
            raise ClipError(f"{folder / label} holds no WAV: cut clips of it with ./tears slice, or remove the folder")
        for path in paths:
            facts, _ = clip_facts_of(path, f"{label}/{path.name}", label, float(WINDOW_SECONDS))
            if facts.kind:
                raise ClipError(f"{path} {facts.fault}")
            if facts.is_silent:
                raise ClipError(f"{path} is digital silence, as of a microphone that was muted; delete it")
            clips.append(OwnClip(path, facts.name, label == crying))
    for is_crying, name in ((True, crying), (False, OTHER_NAMES[0])):
        if not any(clip.is_crying == is_crying for clip in clips):
            raise ClipError(f"{folder} has no folder {name}: both crying and other sounds are needed")
    return clips


def hold_out_clips(
    clips: Sequence[OwnClip], share: float = HELD_OUT_SHARE, learnt: AbstractSet[str] = frozenset()
) -> ClipParts:
    """Hold recordings out, in the order of the hashes of their names, until a share of each label's clips is held out.

    All clips of a recording are on one side. The order of the hashes decides and not their values, because with few
    recordings a fixed interval of hashes is often empty. A recording that is too large for the share is skipped; if
    nothing of a label would be held out, its smallest recording is held out.

    Args:
        clips: All clips.
        share: The share to hold out.
        learnt: Recordings that one of the compared models has learnt from; they are not held out.

    Raises:
        ClipError: All clips of a label are of one recording, or all but one of its recordings have been learnt.
    """
    of_recording: dict[str, list[OwnClip]] = defaultdict(list)
    for clip in clips:
        of_recording[clip.recording].append(clip)
    recordings = {
        label: {name for name, members in of_recording.items() if any(clip.is_crying == label for clip in members)}
        for label in (True, False)
    }
    wanted = {label: share * sum(clip.is_crying == label for clip in clips) for label in (True, False)}
    held = _chosen(of_recording, recordings, wanted, learnt, MOST_HELD_OUT_TIMES)
    if not all(recordings[label] & held for label in recordings):
        # If recordings hold both labels, there may be no choice but a large one.
        held = _chosen(of_recording, recordings, wanted, learnt, math.inf)
    for label, noun in ((True, "crying"), (False, "other sounds")):
        if recordings[label] & held:
            continue
        if recordings[label] & learnt:
            raise ClipError(
                f"the model to start from has learnt from the recordings of {noun}, so that none can be held out to "
                "measure with; add nights that are new to it, or start from the shipped model: leave "
                "--start_checkpoint out"
            )
        raise ClipError(
            f"all clips of {noun} are of one recording, so that none can be held out to measure with; add another "
            "episode or night (the name of a clip, <recording>_nohash_<k>.wav, says which recording it is of)"
        )
    return ClipParts(
        tuple(clip for clip in clips if clip.recording not in held),
        tuple(clip for clip in clips if clip.recording in held),
    )


def _chosen(
    of_recording: Mapping[str, Sequence[OwnClip]],
    recordings: Mapping[bool, AbstractSet[str]],
    wanted: Mapping[bool, float],
    learnt: AbstractSet[str],
    most: float,
) -> set[str]:
    """Return the recordings to hold out: some of each label if possible, none larger than `most` times its share."""
    by_hash = sorted(of_recording, key=_hash)
    held: set[str] = set()

    def may_be_held(name: str) -> bool:
        labels = {clip.is_crying for clip in of_recording[name]}
        return name not in learnt and all(recordings[label] - held - {name} for label in labels)

    for name in by_hash:
        counts = Counter(clip.is_crying for clip in of_recording[name])
        have = Counter(clip.is_crying for one in held for clip in of_recording[one])
        is_wanted = any(have[label] < wanted[label] for label in counts)
        fits = all(have[label] + counts[label] <= most * wanted[label] for label in counts)
        if is_wanted and fits and may_be_held(name):
            held.add(name)
    for named in recordings.values():
        if not named & held:
            free = [name for name in by_hash if name in named and may_be_held(name)]
            # Of equally small ones, the first by hash.
            held.update(sorted(free, key=lambda name: len(of_recording[name]))[:1])
    return held


def read_own_clip(clip: OwnClip) -> Int16Array:
    """Return the samples of a clip, int16 of shape [110 250]; raises as `read_wav` does."""
    return read_wav(clip.path, 0, WINDOW_SAMPLES)


def _hash(name: str) -> bytes:
    return hashlib.sha1(name.encode(errors="surrogateescape"), usedforsecurity=False).digest()
