"""Save the sound of a clip that was half-written when its process was killed, or the power failed.

After a power cut this sound is nowhere else: Redis keeps the sound of the rooms in memory only.
"""

import contextlib
import datetime as dt
from pathlib import Path

from tears.audio.format import int16_from_float
from tears.journal.clips.cutting.clip_writer import CLIP_PART_SUFFIX, ClipWriter, times_of
from tears.sound_files.decoder import Decoder
from tears.sound_files.errors import UnreadableSoundError
from tears.sound_files.reader import open_decoder, read_pieces

TORN_SUFFIX = ".torn"


def mend_clip(part: Path) -> bool:
    """Make a whole clip of what can be read of a part file, unless there is one that holds as much.

    Returns whether a clip was made.

    The part file is gone afterwards. It has another name meanwhile, by which the next start knows that this one did not
    survive it, and deletes it: a file must not be able to keep the journal from starting.

    Raises:
        OSError: the disk does not take the clip.
    """
    clip = part.with_name(part.name.removesuffix(CLIP_PART_SUFFIX))
    torn = part.replace(clip.with_name(clip.name + TORN_SUFFIX))
    try:
        with contextlib.closing(open_decoder(torn)) as decoder:
            return _write(decoder, clip)
    except UnreadableSoundError:
        return False
    finally:
        torn.unlink(missing_ok=True)


def _write(decoder: Decoder, clip: Path) -> bool:
    try:
        from_at = dt.datetime.fromisoformat(decoder.date).timestamp()
    except ValueError:
        return False
    writer = ClipWriter(clip, decoder.rate_hz, decoder.channels, from_at=from_at, comment=decoder.comment)
    try:
        # Pieces of a second, float64 (n, channels), which int16 becomes again exactly.
        for piece in read_pieces(decoder, decoder.rate_hz):
            writer.write(int16_from_float(piece))
        if writer.seconds <= times_of(clip)[1]:
            return False
        writer.finish()
    finally:
        writer.discard()
    return True
