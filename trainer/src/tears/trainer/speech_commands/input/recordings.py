"""Find the clips in a folder of recordings, with their labels and splits."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tears.own_data.clips.left_out import left_out_words
from tears.own_data.clips.splits import BACKGROUND_NOISE, UNKNOWN_INDEX, Split, which_split
from tears.own_data.clips.wav_files import WavFile, check_wav
from tears.own_data.errors import RecordingError
from tears.trainer.speech_commands.flags import TrainerFlags


@dataclass(frozen=True)
class WavClip:
    """A stretch of a WAV, as long as the network's input, and its label."""

    path: Path | None  # None for silence
    first: int  # position of the clip's first sample in the file
    label: int  # index of the label


@dataclass(frozen=True)
class FoundRecordings:
    """The content of a folder of recordings."""

    clips: dict[Split, list[WavClip]]  # of the wanted words and of all other folders, in the order of their paths
    background: tuple[WavFile, ...]  # recordings of noise; empty if there is no folder of them
    warnings: tuple[str, ...]  # lines about what the user may not have intended


def find_recordings(flags: TrainerFlags) -> FoundRecordings:
    """Find ``<data_dir>/<label>/*.wav`` and read the header of each.

    A file that is longer than a clip gives several clips. The last one ends where the file ends if more than half a
    clip would be left over. All clips of a file are in one split, because they have one name.

    Raises:
        RecordingError: There are no WAVs, a wanted word has none (or none to train on), or a file cannot be used.
    """
    root = Path(flags.data_dir)
    folders = _folders(root)
    wavs = {
        folder: _entries(folder, lambda path: path.suffix.lower() == ".wav" and path.is_file()) for folder in folders
    }
    labelled = {folder: paths for folder, paths in wavs.items() if folder.name.lower() != BACKGROUND_NOISE}
    if not any(labelled.values()):
        raise RecordingError(f"{root} contains no folder with WAVs: {_cure_without_wavs(root, folders)}")
    index_of = _word_indices(root, labelled, flags.wanted_words)
    clips: dict[Split, list[WavClip]] = {split: [] for split in Split}
    lengths: list[int] = []
    for folder, paths in labelled.items():
        for path in paths:
            split = which_split(path, flags.validation_percentage, flags.testing_percentage)
            wav = check_wav(path, flags.sample_rate)
            lengths.append(wav.samples)
            label = index_of.get(folder.name.lower(), UNKNOWN_INDEX)
            clips[split] += [WavClip(path, first, label) for first in clip_starts(wav.samples, flags.clip_samples)]
    others = [path for folder in folders for path in _entries(folder, Path.is_file) if path.suffix.lower() != ".wav"]
    warnings = [
        *filter(None, [left_out_words(others)]),
        *_warn_of_unknown_folders(labelled, index_of),
        *_warn_of_lengths(lengths, flags),
        *_warn_of_missing_words(clips, flags),
        *_warn_of_likely_leaks(clips),
    ]
    return FoundRecordings(clips, _background(wavs, flags.sample_rate), tuple(warnings))


def clip_starts(samples: int, clip_samples: int) -> list[int]:
    """Return the first samples of a file's clips: one clip after the other, at least one."""
    starts = list(range(0, samples - clip_samples + 1, clip_samples)) or [0]
    if samples - starts[-1] - clip_samples > clip_samples // 2:
        starts.append(samples - clip_samples)
    return starts


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        raise RecordingError(
            f"{root} is not a folder: --data_dir takes a folder with a folder of WAVs for each label, "
            "e.g. data/quiet and data/crying"
        )
    return _entries(root, Path.is_dir)


def _entries(folder: Path, is_wanted: Callable[[Path], bool]) -> list[Path]:
    """Return the wanted entries of a folder, but no hidden ones: macOS adds such files, which contain no sound."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".") and is_wanted(entry))
    except OSError as error:
        raise RecordingError(f"{folder} cannot be read: {error.strerror}") from error


def _cure_without_wavs(root: Path, folders: Sequence[Path]) -> str:
    if any(root.glob("*.[wW][aA][vV]")):
        return f"its WAVs are in no folder; sort them into a folder for each label, e.g. {root / 'crying'}"
    others = Counter(path.suffix for folder in folders for path in folder.iterdir() if path.is_file() and path.suffix)
    if others:
        suffix, count = others.most_common(1)[0]
        return f"there are {count} {suffix} files; convert them to WAV (sox IN{suffix} OUT.wav)"
    return "put recordings into a folder for each label, e.g. crying/night1.wav, or name another --data_dir"


def _word_indices(root: Path, labelled: dict[Path, list[Path]], words: Sequence[str]) -> dict[str, int]:
    names = {folder.name.lower(): folder for folder in labelled}
    for word in words:
        folder = names.get(word.lower())
        if folder is None:
            near = difflib.get_close_matches(word.lower(), names, 1)
            meant = f" (did you mean {names[near[0]].name}?)" if near else ""
            found = ", ".join(path.name for path in labelled)
            raise RecordingError(
                f"{root} has no folder for {word!r} of --wanted_words{meant}; its folders are: {found}"
            )
        if not labelled[folder]:
            raise RecordingError(
                f"{folder} contains no WAV: put recordings of {word!r} into it, or remove it from --wanted_words"
            )
    return {word.lower(): UNKNOWN_INDEX + 1 + place for place, word in enumerate(words)}


def _background(wavs: dict[Path, list[Path]], sample_rate: int) -> tuple[WavFile, ...]:
    found: list[WavFile] = []
    for folder, paths in wavs.items():
        if folder.name.lower() == BACKGROUND_NOISE:
            if not paths:
                raise RecordingError(
                    f"{folder} contains no WAV: put recordings of the room's noise into it, or remove it"
                )
            found += [check_wav(path, sample_rate) for path in paths]
    return tuple(found)


def _warn_of_unknown_folders(labelled: dict[Path, list[Path]], index_of: dict[str, int]) -> Iterable[str]:
    others = sorted(folder.name for folder, paths in labelled.items() if paths and folder.name.lower() not in index_of)
    if others:
        yield f"not among --wanted_words, and therefore _unknown_: {', '.join(others)}"


def _warn_of_lengths(lengths: Sequence[int], flags: TrainerFlags) -> Iterable[str]:
    short = sum(length < flags.clip_samples for length in lengths)
    long = sum(length > flags.clip_samples for length in lengths)
    if short:
        yield (
            f"{short} of {len(lengths)} recordings are shorter than {flags.clip_duration_ms} ms; "
            "they are followed by silence"
        )
    if long:
        yield (
            f"{long} of {len(lengths)} recordings are longer than {flags.clip_duration_ms} ms; "
            "each gives as many clips as fit into it"
        )


def _warn_of_missing_words(clips: dict[Split, list[WavClip]], flags: TrainerFlags) -> Iterable[str]:
    for place, word in enumerate(flags.wanted_words):
        label = UNKNOWN_INDEX + 1 + place
        have = {split for split in Split if any(clip.label == label for clip in clips[split])}
        if Split.TRAINING not in have:
            raise RecordingError(
                f"no recording of {word!r} is left for training, after --validation_percentage and "
                "--testing_percentage; add recordings (slices named <recording>_nohash_<k>.wav count as one)"
            )
        wanted = ((Split.VALIDATION, flags.validation_percentage), (Split.TESTING, flags.testing_percentage))
        for split, percentage in wanted:
            if percentage and split not in have:
                yield f"no recording of {word!r} falls into {split}: add recordings, or raise --{split}_percentage"


def _warn_of_likely_leaks(clips: dict[Split, list[WavClip]]) -> Iterable[str]:
    """Warn about files that look like slices of one recording but are in different splits because of their names."""
    split_of: dict[Path, dict[Path, Split]] = defaultdict(dict)
    for split, members in clips.items():
        for path in {clip.path for clip in members if clip.path}:
            stem = path.stem.rstrip("0123456789")
            if stem != path.stem and stem.endswith(("_", "-")):
                split_of[path.with_name(stem[:-1])][path] = split
    straddling = sorted(recording for recording, slices in split_of.items() if len(set(slices.values())) > 1)
    if straddling:
        first, second = sorted(split_of[straddling[0]])[:2]
        yield (
            f"{first.name} and {second.name} look like slices of one recording, and such slices are in several "
            f"splits ({len(straddling)} likely recordings): the results would look too good. "
            f"Give slices names like {straddling[0].name}_nohash_0.wav"
        )
