"""Cut one clip out of a recording, as `sox` or the pipeline would."""

import io
import shutil
from pathlib import Path

import soundfile

from tears.audio.constants import MODEL_RATE_HZ, WINDOW_SAMPLES, WINDOW_SECONDS
from tears.audio.window import make_window
from tears.cli.errors import InputError, refusing_disk
from tears.cli.own_data.window_reader import WindowReader
from tears.own_data.clips.clip_names import NamedSlice
from tears.own_data.clips.labelled_slices import OwnRecording

CLIP_BYTES = 2 * WINDOW_SAMPLES + 44
# This much stays free on the disk that clips are written to.
SPARE_BYTES = 16 * 2**20


def cut_clip(
    one: NamedSlice, file: OwnRecording, reader: WindowReader, gain_db: float | None
) -> tuple[dict[str, str], bytes]:
    """Return a clip's row in the list of slices, with its path below the folder of clips, and its WAV.

    Raises:
        InputError: The recording ends before the clip, or cannot be read.
    """
    window = make_window(reader.read(file, one.slice.first_sample), file.rate_hz, gain_db)
    row = {
        "path": f"{one.slice.label}/{one.name}",
        "label": one.slice.label,
        "recording": file.name,
        "start_seconds": f"{one.slice.first_sample / file.rate_hz:.6f}",
        "level_dbfs": f"{window.level_dbfs:.1f}",
        "gain_db": f"{window.gain_db:.2f}",
        "clipped_share": f"{window.clipped_samples / (WINDOW_SECONDS * file.rate_hz):.4f}",
    }
    content = io.BytesIO()
    soundfile.write(content, window.samples, MODEL_RATE_HZ, format="WAV", subtype="PCM_16")
    return row, content.getvalue()


def require_space(out: Path, clips: int) -> None:
    """Refuse to write clips to a disk with too little space for them.

    Raises:
        InputError: There is too little space, or it cannot be found out how much there is.
    """
    place = next(one for one in (out, *out.absolute().parents) if one.exists())
    with refusing_disk():
        free = shutil.disk_usage(place).free
    needed = clips * CLIP_BYTES + SPARE_BYTES
    if free < needed:
        raise InputError(
            f"{clips} clips need {needed / 2**20:.0f} MiB and {out} has {free / 2**20:.0f} MiB free: free space there, "
            "or name another --out"
        )
