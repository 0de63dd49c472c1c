"""Read a home's labelled clips, and ask the model for their features."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from tears.audio.constants import MODEL_RATE_HZ
from tears.audio.format import Int16Array
from tears.audio.window import make_window
from tears.own_data.clips.own_clips import OwnClip, find_own_clips, read_own_clip
from tears.own_data.teaching.home_examples import HomeExamples

# More clips of one recording say little that is new, and each costs the model server's time.
MOST_CLIPS_A_RECORDING: Final = 12
# On a Pi these take a minute. If there are more recordings, the first by name are left out: names begin with dates.
MOST_LESSON_CLIPS: Final = 3_000
# What a parent may say of a sound in the journal; a folder of clips may have these names too.
OTHER_VERDICTS: Final = ("cat", "door", "adult", "toy")

Embed = Callable[[Int16Array], npt.NDArray[np.float32]]
Progress = Callable[[int, int], None]


def read_home(folder: Path, embed: Embed, progress: Progress = lambda _done, _total: None) -> HomeExamples:
    """Return the features of the clips in a folder that holds `crying` and folders of other sounds.

    Args:
        folder: As `./tears slice` and the journal's export write it.
        embed: Returns the features, float32 [F], of a window that has its gain, int16 [110 250].
        progress: Is told how many clips of how many are done.

    Raises:
        ClipError: The folder, or a clip in it, cannot be used.
        RecordingError: A clip cannot be read.
    """
    clips = chosen_clips(find_own_clips(folder, others=OTHER_VERDICTS))
    features = []
    for number, clip in enumerate(clips):
        progress(number, len(clips))
        features.append(embed(make_window(read_own_clip(clip), MODEL_RATE_HZ, None).samples))
    progress(len(clips), len(clips))
    return HomeExamples(
        np.array(features, np.float32),
        np.array([clip.is_crying for clip in clips]),
        tuple(clip.recording for clip in clips),
        tuple(clip.room for clip in clips),
    )


def chosen_clips(clips: Sequence[OwnClip]) -> list[OwnClip]:
    """Return at most 12 clips of each kind of each recording, spread over it, and the newest 3 000 of all."""
    of_recording: dict[tuple[str, bool], list[OwnClip]] = defaultdict(list)
    for clip in clips:
        of_recording[clip.recording, clip.is_crying].append(clip)
    chosen = []
    for members in of_recording.values():
        count = min(len(members), MOST_CLIPS_A_RECORDING)
        chosen += [members[k * len(members) // count] for k in range(count)]
    return sorted(chosen, key=lambda clip: (clip.recording, clip.name))[-MOST_LESSON_CLIPS:]
