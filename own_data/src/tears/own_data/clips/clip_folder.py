"""Find the clips in a folder as trainers expect it: it holds a folder of WAVs for each label."""

from collections import Counter
from pathlib import Path

from tears.own_data.errors import ClipError


def clip_files(folder: Path) -> dict[str, list[Path]]:
    """Return the WAVs of each label, or an empty list; hidden folders and files are left out.

    Raises:
        ClipError: The path is not a folder, or holds no folder with WAVs.
    """
    if not folder.is_dir():
        raise ClipError(
            f"{folder} is not a folder; name one that holds a folder of WAVs for each label, e.g. {folder / 'crying'}"
        )
    try:
        folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        found = {one.name: sorted(path for path in one.iterdir() if _is_wav(path)) for one in folders}
    except OSError as error:
        raise ClipError(f"{folder} cannot be read ({error.strerror}); let this user read it") from error
    if not any(found.values()):
        raise ClipError(f"{folder} holds no folder with WAVs: {_cure(folder, folders)}")
    return found


def other_files(folder: Path) -> list[Path]:
    """Return what else lies in the labels' folders of a folder as `clip_files` takes it.

    Raises:
        ClipError: The folder cannot be read.
    """
    try:
        folders = [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]
        return sorted(path for one in folders for path in one.iterdir() if path.is_file() and not _is_wav(path))
    except OSError as error:
        raise ClipError(f"{folder} cannot be read ({error.strerror}); let this user read it") from error


def _is_wav(path: Path) -> bool:
    return path.suffix.lower() == ".wav" and not path.name.startswith(".") and path.is_file()


def _cure(folder: Path, folders: list[Path]) -> str:
    if any(_is_wav(path) for path in folder.iterdir()):
        return f"its WAVs lie side by side; sort them into a folder for each label, e.g. {folder / 'crying'}"
    others = Counter(path.suffix for one in folders for path in one.iterdir() if path.is_file() and path.suffix)
    if others:
        suffix, count = others.most_common(1)[0]
        return f"there are {count} {suffix} files; cut them into clips with ./tears slice"
    return "cut labelled recordings into clips with ./tears slice"
