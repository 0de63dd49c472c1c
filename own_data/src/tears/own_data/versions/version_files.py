"""Find the version folders of a model, and read and write the files in them that need no TensorFlow."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tears.audio.constants import MODEL_RATE_HZ
from tears.own_data.errors import VersionError

SIGNATURE: Final = "serving_default"
# Returns the same scores for a waveform of int16, which has half the bytes.
INT16_SIGNATURE: Final = "serving_int16"
# Returns the features that the decision's last layer weighs. Models without such a layer do not have it.
EMBED_SIGNATURE: Final = "embed"
INPUT: Final = "waveform"
FEATURES: Final = "features"
TFLITE_FILE: Final = "model.tflite"
LABELS_FILE: Final = "labels.txt"
# Model servers ignore folders whose name is not a number, such as an unfinished version's.
DRAFT_PREFIX: Final = ".unfinished-"
# Neither format of a model says which sample rate its waveform has.
WAVEFORM_FILE: Final = "waveform.json"
WARM_UP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")
# The features of clips that no home may lose: see `tears.own_data.teaching.guard_set`.
GUARD_FILE: Final = "guard_set.npz"
# What stays the same when only weights change.
WEIGHTLESS_FILES: Final = (LABELS_FILE, WAVEFORM_FILE, WARM_UP_FILE.parent)
# What stays the same when only the head changes.
HEADLESS_FILES: Final = (*WEIGHTLESS_FILES, GUARD_FILE)


def version_folders(base_path: Path) -> dict[int, Path]:
    """Return the folders whose name is a number, the newest first.

    Raises:
        OSError: `base_path` cannot be listed.
    """
    return dict(sorted(((number, path) for number, path in _numbered(base_path) if path.is_dir()), reverse=True))


def newest_number(base_path: Path) -> int:
    """Return the highest number that is the name of a folder or file, or 0; raises as `version_folders` does."""
    return max((number for number, _ in _numbered(base_path)), default=0)


def _numbered(base_path: Path) -> Iterator[tuple[int, Path]]:
    for path in base_path.iterdir():
        if path.name.isascii() and path.name.isdigit():
            yield int(path.name), path


def write_waveform(folder: Path, samples: int, sample_rate_hz: int) -> None:
    """Write the number of samples of a version's input, and their rate."""
    content = json.dumps({"samples": samples, "sample_rate_hz": sample_rate_hz})
    (folder / WAVEFORM_FILE).write_text(content + "\n", encoding="utf-8")


def read_sample_rate_hz(folder: Path) -> int:
    """Return the sample rate of a version's input; 22 050 for a version that does not say.

    Raises:
        VersionError: The file cannot be read.
    """
    path = folder / WAVEFORM_FILE
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["sample_rate_hz"])
    except FileNotFoundError:
        return MODEL_RATE_HZ
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VersionError(f"{path} does not say a sample rate ({error}); export the model again") from error
