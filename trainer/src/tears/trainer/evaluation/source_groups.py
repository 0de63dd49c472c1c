"""The kinds of sources that cries come from, to show figures of each, and to leave each out of training."""

from collections.abc import Sequence
from pathlib import Path

from tears.trainer.manifest import DatasetClip


def source_group(clip: DatasetClip, datasets: Sequence[Path]) -> str:
    """Return the kind of the clip's source, e.g. `github` for `github:owner/name`.

    The first dataset's kinds have plain names. Those of the others also have the name of the folder, e.g.
    `github (dev2)`, because more recordings of a known kind can still be of other babies and microphones.
    """
    kind = clip.source.split(":")[0]
    for folder in datasets[1:]:
        if clip.path.is_relative_to(folder):
            return f"{kind} ({folder.name})"
    return kind


def sources_of_cries(clips: Sequence[DatasetClip], datasets: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    """Return the full names of the sources that have cries, in alphabetical order, for each group."""
    pairs = {(source_group(clip, datasets), clip.source) for clip in clips if clip.is_crying}
    return {group: tuple(sorted(source for of, source in pairs if of == group)) for group, _ in sorted(pairs)}
