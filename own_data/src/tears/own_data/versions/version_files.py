"""The files of an exported version, by name, and what is read of them without TensorFlow."""

import json
from pathlib import Path
from typing import Final

from tears.audio.constants import MODEL_RATE_HZ
from tears.own_data.errors import VersionError

SIGNATURE: Final = "serving_default"
INPUT: Final = "waveform"
TFLITE_FILE: Final = "model.tflite"
LABELS_FILE: Final = "labels.txt"
# Neither format says at what rate its waveform is to be taken.
WAVEFORM_FILE: Final = "waveform.json"
WARM_UP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")


def newest_number(folder: Path) -> int:
    """The highest number that a folder's entries have for a name; 0 if there is none."""
    numbers = (int(path.name) for path in folder.iterdir() if path.name.isascii() and path.name.isdigit())
    return max(numbers, default=0)


def write_waveform(folder: Path, samples: int, sample_rate_hz: int) -> None:
    """Writes what a version's input is: its samples and their rate."""
    content = json.dumps({"samples": samples, "sample_rate_hz": sample_rate_hz})
    (folder / WAVEFORM_FILE).write_text(content + "\n", encoding="utf-8")


def read_sample_rate_hz(folder: Path) -> int:
    """The rate of a version's waveform; 22 050 for a version that does not say.

    Raises:
        VersionError: The file that says it cannot be read.
    """
    path = folder / WAVEFORM_FILE
    try:
        return int(json.loads(path.read_text(encoding="utf-8"))["sample_rate_hz"])
    except FileNotFoundError:
        return MODEL_RATE_HZ
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise VersionError(f"{path} does not say a sample rate ({error}); export the model again") from error
