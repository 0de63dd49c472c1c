"""The sound of the self-test: a generated cry, which the build of this package has put beside this module."""

import itertools
import wave
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

from tears.alerter.errors import SelfTestSoundError
from tears.kit.messages import AudioChunk
from tears.kit.registry.mic_names import SELF_TEST_MIC

_SOUND_FILE = "cry.wav"
CRY_SAMPLE_BYTES = 2
# Two chunks, so that the preprocessor has to put the window together.
CRY_CHUNKS = 2


@dataclass(frozen=True, slots=True)
class SelfTestSound:
    """One window of crying. `pcm` is int16, little endian, mono, at `sample_rate_hz`."""

    pcm: bytes
    sample_rate_hz: int

    @classmethod
    def load(cls) -> Self:
        """Read the cry; raise SelfTestSoundError if this installation does not have it."""
        try:
            with (files(__package__) / _SOUND_FILE).open("rb") as file, wave.open(file) as sound:
                return cls(sound.readframes(sound.getnframes()), sound.getframerate())
        except (OSError, wave.Error, EOFError) as error:
            raise SelfTestSoundError(
                f"the cry of the self-test cannot be read ({error}); install the package tears-alerter again"
            ) from error

    def chunks(self, session: str, wall_seconds: float) -> list[AudioChunk]:
        """Return the chunks of one test; its last sample was captured at this time.

        No chunk ends the session, because the end would be another entry for every stage.
        """
        samples = len(self.pcm) // CRY_SAMPLE_BYTES
        edges = [round(samples * part / CRY_CHUNKS) for part in range(CRY_CHUNKS + 1)]
        return [
            AudioChunk(
                mic=SELF_TEST_MIC,
                session=session,
                first_sample=begin,
                sample_rate_hz=self.sample_rate_hz,
                channels=1,
                pcm=self.pcm[begin * CRY_SAMPLE_BYTES : end * CRY_SAMPLE_BYTES],
                captured_at_seconds=wall_seconds - (samples - end) / self.sample_rate_hz,
            )
            for begin, end in itertools.pairwise(edges)
        ]
